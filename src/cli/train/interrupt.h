/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGINT and SIGTERM during a run, which then stops and writes its checkpoint. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From now on the first signal is only noted, and the second ends the program at once. A signal
 * that is ignored stays ignored, as with nohup or in the background of a shell. */
void interrupt_watch(void);

/* Restore the handling from before interrupt_watch. */
void interrupt_unwatch(void);

/* The signal since interrupt_watch; 0: none. */
int interrupt_signal(void);

#endif
