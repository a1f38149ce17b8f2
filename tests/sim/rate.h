/* tests/sim/rate.h -- so many tasks a second on a DynamoDB that throttles. */
#ifndef SIM_RATE_H
#define SIM_RATE_H

/*
 * sim_rates(seconds, word): the loads that have ${word} in their names, of so many
 * virtual seconds each, in TAP's words.  Returns how many were not as they have
 * to be.
 */
int sim_rates(int seconds, const char *word);

#endif
