/* tests/unit/test_hash.c -- SHA-256 (FIPS 180-4), hex, base64 (RFC 4648). */
#include "t.h"

#include "util/crc.h"
#include "util/hash.h"

static char hex[2 * TQ_SHA256_LEN + 1];

static const char *
sha256(const char *p, size_t n, size_t piece)
{
	uint8_t sum[TQ_SHA256_LEN];
	struct tq_sha256 h;
	size_t i, take;

	tq_sha256_init(&h);
	for (i = 0; i < n; i += take) {
		take = n - i < piece ? n - i : piece;
		tq_sha256_add(&h, p + i, take);
	}
	tq_sha256_end(&h, sum);
	tq_hex(sum, sizeof(sum), hex);
	return hex;
}

static void
test_vectors(void)
{
	T_STR(sha256("", 0, 1), "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	T_STR(sha256("abc", 3, 3), "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	T_STR(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnop"
	    "nopq", 56, 56), "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
}

static void
test_million(void)
{
	static const char want[] = "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0";
	static char a[1000000];

	memset(a, 'a', sizeof(a));
	T_STR(sha256(a, sizeof(a), sizeof(a)), want);
	T_STR(sha256(a, sizeof(a), 997), want);
}

static void
test_hex(void)
{
	static const uint8_t raw[] = { 0x00, 0x0f, 0xf0, 0xab, 0xff };
	char out[11];

	tq_hex(raw, sizeof(raw), out);
	T_STR(out, "000ff0abff");
	tq_hex(raw, 0, out);
	T_STR(out, "");
}

static void
test_base64(void)
{
	static const struct {
		const char	*text, *bytes;
	} rows[] = {
		{ "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" },
		{ "Zm9v", "foo" }, { "Zm9vYg==", "foob" },
		{ "Zm9vYmE=", "fooba" }, { "Zm9vYmFy", "foobar" },
		{ "Zg", "f" }, { "Zm8", "fo" }, { "Zm9vYg", "foob" },
		{ "+/+/", "\xfb\xff\xbf" }, { "//79", "\xff\xfe\xfd" },
	};
	unsigned char out[64];
	size_t i;
	long n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = tq_base64_decode(rows[i].text, strlen(rows[i].text), out);
		if (n != (long)strlen(rows[i].bytes) ||
		    memcmp(out, rows[i].bytes, (size_t)n) != 0)
			T_FAIL("\"%s\" gives %ld bytes", rows[i].text, n);
	}
}

static void
test_base64_bad(void)
{
	static const char *const rows[] = {
		"Z", "=", "==", "====", "Z===", "Zg=", "Zg===", "Zm8==",
		"Zm9v=", "Zm9v====", "Zg==Zg==", "Zm 9v", "Zm9v\n", " Zm9v",
		"Zm-_", "Zm9*", "Z=m9", "Zm9vY", "Zm9\xc3",
	};
	unsigned char out[64];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tq_base64_decode(rows[i], strlen(rows[i]), out) != -1)
			T_FAIL("\"%s\" is taken", rows[i]);
	T_INT(tq_base64_decode("Zm\0v", 4, out), -1);
}

/* The check value of its catalogue, and the same by pieces. */
static void
test_crc(void)
{
	T_INT(tq_crc32(0, "123456789", 9), 0xcbf43926);
	T_INT(tq_crc32(tq_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
	T_INT(tq_crc32(7, NULL, 0), 7);
	T_INT(tq_crc32(0, NULL, 0), 0);
}

T_MAIN(
    { "sha256: the vectors of FIPS 180-4", test_vectors },
    { "sha256: a million a, whole and in pieces", test_million },
    { "hex: lower-case digits, a leading zero stays", test_hex },
    { "base64: decodes with and without padding", test_base64 },
    { "base64: what is no base64 is refused", test_base64_bad },
    { "crc32: the check value, whole and in pieces", test_crc },
)
