/* tests/sim/rate.h -- so many tasks a second on a DynamoDB that throttles. */
#ifndef SIM_RATE_H
#define SIM_RATE_H

/*
 * sim_rates(seconds): loads of so many virtual seconds each, in TAP's words.
 * Returns how many were not as they have to be.
 */
int sim_rates(int seconds);

#endif
