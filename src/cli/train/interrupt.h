/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGINT and SIGTERM, while there is something that can be ended in good order. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* From now on the first of them is only noted. The second ends the program at once. Those that are
 * ignored, as nohup and shells have it for what runs in the background, stay so. */
void interrupt_watch(void);

/* As before the watch. */
void interrupt_unwatch(void);

/* The signal that came, since the watch began; 0: none. */
int interrupt_signal(void);

#endif
