/* tests/sim/actors.h -- who uses the store in a run. */
#ifndef SIM_ACTORS_H
#define SIM_ACTORS_H

#include <stdint.h>

/* sim_actors_begin(until): all of them, and who starts the killed anew; they
   end at ${until} us. */
void sim_actors_begin(int64_t until);
/* sim_actors_restart(): after the power came back. */
void sim_actors_restart(void);
/* sim_actors_close(): no faults any more: end all tasks there are, or fail. */
void sim_actors_close(void);

#endif
