/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors with a sentence. The call that fails notes what bpb_error() says later: a form and its
 * values, in memory of the thread, so that nothing is formatted or allocated on the way.
 */
#ifndef BPB_ERROR_H
#define BPB_ERROR_H

#include "bpblas.h"

/*
 * Note an error (status < 0) and return its status. form is a string literal and stands for one
 * sentence without its full stop, as of printf, with at most 6 of
 *
 *     %zu  a size_t        %d  an int        %g  a double        %s  a string, which is copied
 *
 * It names the argument or option, its value and its range: "momentum is %g; it must be at least 0
 * and below 1". In a string, control bytes and bytes that are
 * not UTF-8 are shown as '?'.
 */
#if defined __GNUC__
__attribute__((cold, format(printf, 2, 3)))
#endif
bpb_status
bpb_refuse(bpb_status status, const char *form, ...);

/* Append a sentence to the last error of this thread: which file, or which argument it was about.
 */
#if defined __GNUC__
__attribute__((cold, format(printf, 1, 2)))
#endif
void bpb_error_about(const char *form, ...);

/* For a call that fails and is answered by another: what bpb_error() said before it. */
struct error_note {
    bpb_status status;
    const char *form[2];
    unsigned char values[2];
    union error_value {
        size_t size;
        int integer;
        double number;
        size_t text; /* where it begins in texts */
    } value[8];
    size_t texts_end;
    char texts[160];
};
void bpb_error_keep(struct error_note *kept);
void bpb_error_restore(const struct error_note *kept);

/* REFUSE(status, form, ...): leave the function with an error. The status is the return value by
 * itself, so that the compiler sees it. */
#define REFUSE(...)                                                                                \
    do {                                                                                           \
        bpb_refuse(__VA_ARGS__);                                                                   \
        return BPB_REFUSE_STATUS(__VA_ARGS__, );                                                   \
    } while (0)
#define BPB_REFUSE_STATUS(status, ...) status

/* REQUIRE(condition, status, form, ...): refuse a call whose argument does not hold. */
#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            REFUSE(__VA_ARGS__);                                                                   \
    } while (0)

/* Refuse a pointer that is NULL, by its name in the caller's documentation. */
#define REQUIRE_POINTER(pointer) REQUIRE(pointer, BPB_ERR_NULL, #pointer " is NULL")

#endif
