/* tests/unit/test_id.c -- task ids: UUIDv7, and UUIDv8 from a key. */
#include "t.h"

#include "task/id.h"

#define NOW	INT64_C(1769824800123)	/* 2026-01-31T02:00:00.123Z */

/* Random enough, and the same in every run. */
static uint64_t
next(uint64_t *x)
{
	*x += UINT64_C(0x9e3779b97f4a7c15);
	return (*x ^ *x >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
}

static void
test_format(void)
{
	struct tq_idgen g = { 0, 0 };
	char id[TQ_UUID_TEXT];
	uint8_t raw[16];
	uint64_t ms = 0;
	int i;

	tq_id_new(&g, NOW, UINT64_C(0xffffffffffffffff), id);
	T_STR(id, "019c11c7-4d7b-77ff-bfff-ffffffffffff");
	g = (struct tq_idgen){ 0, 0 };
	tq_id_new(&g, NOW, 0, id);
	T_STR(id, "019c11c7-4d7b-7000-8000-000000000000");
	T_MUST(tq_uuid_parse(id, raw));
	for (i = 0; i < 6; i++)
		ms = ms << 8 | raw[i];
	T_INT(ms, NOW);
}

/* Version, variant, order: of 100,000 ids made while clock() ticks. */
static void
grow(int64_t (*clock)(int i))
{
	struct tq_idgen g = { 0, 0 };
	char id[TQ_UUID_TEXT], last[TQ_UUID_TEXT] = "";
	uint64_t seed = 1;
	uint8_t raw[16];
	int i;

	for (i = 0; i < 100000; i++) {
		tq_id_new(&g, clock(i), next(&seed), id);
		T_MUST(tq_uuid_parse(id, raw));
		T_MUST(raw[6] >> 4 == 7 && raw[8] >> 6 == 2);
		T_MUST(strcmp(last, id) < 0);
		memcpy(last, id, sizeof(last));
	}
}

static int64_t
standing(int i)
{
	(void)i;
	return NOW;
}

static int64_t
stepping_back(int i)
{
	return NOW + i / 100 - (i > 50000 ? 3600000 : 0);
}

static int64_t
ticking(int i)
{
	return NOW + i / 7;
}

static void
test_standing(void)
{
	grow(standing);
}

static void
test_back(void)
{
	grow(stepping_back);
}

static void
test_ticking(void)
{
	grow(ticking);
}

/* In one millisecond there is room for 2048 before the time is borrowed. */
static void
test_room(void)
{
	struct tq_idgen g = { 0, 0 };
	char id[TQ_UUID_TEXT];
	uint64_t seed = 9;
	int i;

	for (i = 0; i < 2048; i++)
		tq_id_new(&g, NOW, next(&seed), id);
	T_INT(g.last_ms, NOW);
}

/* Expected values: computed with Python's hashlib and struct. */
static void
test_key(void)
{
	char id[TQ_UUID_TEXT];

	tq_id_of_key("default", "nightly-2026-01-31", 18, id);
	T_STR(id, "2ff04c4e-99a8-891b-a9ba-6d7ab5d252a4");
	tq_id_of_key("mail", "", 0, id);
	T_STR(id, "848a5624-f4c5-8f36-94e5-241204b77d12");
	tq_id_of_key("mail", "gr\xc3\xbcn", 5, id);
	T_STR(id, "fa92983b-a833-8541-be6e-c44ff7972bf6");
}

static void
test_key_parts(void)
{
	char one[TQ_UUID_TEXT], two[TQ_UUID_TEXT];

	tq_id_of_key("ab", "c", 1, one);
	tq_id_of_key("a", "bc", 2, two);
	T_OK(strcmp(one, two) != 0);
}

/* Computed the same way. */
static void
test_message(void)
{
	static const char message[] = "4a2bd1c0-8f6e-4b5e-9d0e-0c9b8f7a6e5d";
	char id[TQ_UUID_TEXT], key[TQ_UUID_TEXT];

	tq_id_of_message("default", message, id);
	T_STR(id, "6f3dde05-2fbb-89b5-9e09-36d96033a057");
	tq_id_of_key("default", message, strlen(message), key);
	T_OK(strcmp(id, key) != 0);
	tq_id_of_message("mail", message, id);
	T_STR(id, "760b990b-8b44-870e-ac91-5e0f21d01b9b");
}

/* And so that of a hook. */
static void
test_hook(void)
{
	char id[TQ_UUID_TEXT];

	tq_id_of_hook("default", "order-17", id);
	T_STR(id, "e3e570ac-fdef-89e4-ba48-5fdd4694405e");
}

static void
test_round_trip(void)
{
	static const char text[] = "00112233-4455-6677-8899-aabbccddeeff";
	char out[TQ_UUID_TEXT];
	uint8_t raw[16];
	int i;

	T_MUST(tq_uuid_parse(text, raw));
	for (i = 0; i < 16; i++)
		T_INT(raw[i], i * 0x11);
	tq_uuid_text(raw, out);
	T_STR(out, text);
}

static void
test_refused(void)
{
	static const char *const rows[] = {
		"", "0", "00112233-4455-6677-8899-aabbccddeef",
		"00112233-4455-6677-8899-aabbccddeeff0",
		"00112233-4455-6677-8899-aabbccddeefF",
		"00112233-4455-6677-8899-AABBCCDDEEFF",
		"00112233-4455-6677-8899-aabbccddeefg",
		"00112233 4455-6677-8899-aabbccddeeff",
		"0011223-34455-6677-8899-aabbccddeeff",
		"00112233445566778899aabbccddeeff",
		"{0112233-4455-6677-8899-aabbccddeef}",
		"00112233-4455-6677-8899-aabbccddee f",
		"00112233-4455-6677-8899", "00112233-",
	};
	uint8_t raw[16];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tq_uuid_parse(rows[i], raw))
			T_FAIL("\"%s\" is taken", rows[i]);
}

T_MAIN(
    { "id: time, version and variant stand where RFC 9562 wants them",
      test_format },
    { "id: 100,000 grow strictly while the clock stands still",
      test_standing },
    { "id: 100,000 grow strictly when the clock steps back", test_back },
    { "id: 100,000 grow strictly while the clock ticks", test_ticking },
    { "id: 2048 fit into one millisecond", test_room },
    { "id: of a key it is what any other client computes", test_key },
    { "id: queue and key do not run together", test_key_parts },
    { "id: of a message it is always the same, and no key's", test_message },
	{ "id: of a hook it is always the same", test_hook },
    { "uuid: text and bytes are one", test_round_trip },
    { "uuid: other text is refused", test_refused },
)
