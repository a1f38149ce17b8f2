/* tests/unit/test_clock.c -- when deadlines pass, whatever the wall says. */
#include "t.h"

#include "task/clock.h"

#define WALL	INT64_C(1790000000000)
#define BOOT	INT64_C(5000000)
#define DAY	INT64_C(86400000)

static void
test_plain(void)
{
	struct tq_clock c;

	tq_clock_new(&c, WALL, BOOT);
	T_INT(tq_clock_expiry(&c, BOOT), WALL);
	T_INT(tq_clock_expiry(&c, BOOT + 1000), WALL + 1000);
	T_OK(!tq_clock_turn(&c, WALL + 1000, BOOT + 1000));
	T_OK(!tq_clock_turn(&c, WALL + 1400, BOOT + 1000));
}

static void
test_jump(void)
{
	struct tq_clock c;

	tq_clock_new(&c, WALL, BOOT);
	/* A day ahead: nothing expires by it before ten minutes have passed. */
	T_OK(tq_clock_turn(&c, WALL + DAY, BOOT));
	T_INT(tq_clock_expiry(&c, BOOT + 1000), WALL + 1000);
	T_OK(!tq_clock_turn(&c, WALL + DAY + 599000, BOOT + 599000));
	T_OK(tq_clock_turn(&c, WALL + DAY + 600000, BOOT + 600000));
	T_INT(tq_clock_expiry(&c, BOOT + 600000), WALL + DAY + 600000);
	/* And back: time for expiry stands still until the wall is there. */
	T_OK(tq_clock_turn(&c, WALL + 700000, BOOT + 700000));
	T_OK(tq_clock_turn(&c, WALL + 1300000, BOOT + 1300000));
	T_INT(tq_clock_expiry(&c, BOOT + 1300000), WALL + DAY + 1300000);
	T_INT(tq_clock_expiry(&c, BOOT + 1400000), WALL + DAY + 1300000);
	T_INT(tq_clock_expiry(&c, BOOT + DAY + 1500000), WALL + DAY + 1500000);
}

static void
test_corrected_early(void)
{
	struct tq_clock c;

	tq_clock_new(&c, WALL, BOOT);
	tq_clock_turn(&c, WALL + DAY, BOOT);
	tq_clock_turn(&c, WALL + 5000, BOOT + 5000);
	T_INT(tq_clock_expiry(&c, BOOT + 5000), WALL + 5000);
	T_OK(!tq_clock_turn(&c, WALL + 700000, BOOT + 700000));
}

static void
test_boot(void)
{
	struct tq_clock c;

	tq_clock_new(&c, WALL, BOOT);
	c.high = WALL + 10;
	tq_clock_boot(&c, 1000, 20);
	T_INT(tq_clock_expiry(&c, 700000), WALL + 10);
	T_OK(tq_clock_turn(&c, WALL + 60000, 60000));
	T_OK(!tq_clock_turn(&c, WALL + 600000, 600000));
	T_OK(tq_clock_turn(&c, WALL + 660000, 660000));
	T_INT(tq_clock_expiry(&c, 660000), WALL + 660000);
}

static void
test_drift(void)
{
	struct tq_clock c;
	int64_t t, last = 0, e;

	tq_clock_new(&c, WALL, BOOT);
	/* Slewed back by 500 ppm for a day: followed, and never backwards. */
	for (t = 0; t < DAY; t += 60000) {
		tq_clock_turn(&c, WALL + t - t / 2000, BOOT + t);
		e = tq_clock_expiry(&c, BOOT + t);
		T_OK(e >= last);
		last = e;
	}
	T_OK(last < WALL + DAY - 40000);
}

T_MAIN(
    { "a clock that keeps time lets deadlines pass by the wall", test_plain },
    { "a jump is believed after ten minutes, and never goes back",
      test_jump },
    { "a jump that is corrected at once has done nothing",
      test_corrected_early },
    { "after a boot nothing expires before the clock has agreed",
      test_boot },
    { "drift is followed", test_drift },
)
