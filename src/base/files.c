/* SPDX-License-Identifier: BSD-3-Clause */
#define _XOPEN_SOURCE 700 /* realpath */

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_READ ((size_t)65536)
#define MAX_TRANSFER ((size_t)1 << 30) /* of one read or write */

/* ---- Errors ---- */

/* strerror is not safe among threads, and speaks the locale's language. */
static const char *text_of_errno(int error)
{
    static const struct {
        int error;
        const char *text;
    } texts[] = {
        {ENOENT, "no such file or directory"},
        {EACCES, "permission denied"},
        {EPERM, "operation not permitted"},
        {EISDIR, "it is a directory"},
        {ENOTDIR, "a part of its path is no directory"},
        {EINVAL, "it is no regular file"},
        {ENAMETOOLONG, "its name is too long"},
        {ELOOP, "too many symbolic links"},
        {ENOSPC, "no space left on the device"},
        {EDQUOT, "the disk quota is exceeded"},
        {EFBIG, "it would be too large"},
        {EROFS, "the file system is read-only"},
        {EMFILE, "too many open files"},
        {ENFILE, "too many open files"},
        {EIO, "input/output error"},
        {ENOMEM, "out of memory"},
    };
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        if (texts[k].error == error)
            return texts[k].text;
    return NULL;
}

bpb_status bpb_refuse_errno(const char *done)
{
    const int error = errno;
    const bpb_status status = error == ENOMEM ? BPB_ERR_MEMORY : BPB_ERR_IO;
    const char *text = text_of_errno(error);
    if (text)
        return bpb_refuse(status, "the file cannot be %s (%s)", done, text);
    return bpb_refuse(status, "the file cannot be %s (errno %d)", done, error);
}

/* Of a long path, the end: that is where names differ. */
bpb_status bpb_about_file(bpb_status status, const char *path)
{
    const size_t length = strlen(path), most = 70;
    if (status < 0 && length <= most)
        bpb_error_about("%s", path);
    else if (status < 0)
        bpb_error_about("...%s", path + length - most);
    return status;
}

/* ---- Replace ---- */

/* Where the bytes go. */
struct target {
    char *path;       /* of the file itself, symbolic links resolved */
    const char *name; /* its last part */
    int folder;       /* open, -1: not yet */
    bool exists;
    mode_t mode; /* where it exists */
};

static char *resolve(const char *path)
{
    char *resolved = realpath(path, NULL);
    return !resolved && errno == ENOENT ? strdup(path) : resolved;
}

/* Whether the target may be replaced, as far as it is there. */
static bool inspect(struct target *target)
{
    struct stat info;
    if (stat(target->path, &info) != 0)
        return errno == ENOENT;
    target->exists = true;
    target->mode = info.st_mode & 0777;
    if (!S_ISREG(info.st_mode)) {
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        return false;
    }
    return access(target->path, W_OK) == 0;
}

/* Open the folder, and point name behind the last slash. */
static bool open_folder(struct target *target)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    char *slash = strrchr(target->path, '/');
    target->name = slash ? slash + 1 : target->path;
    if (!slash || slash == target->path) {
        target->folder = open(slash ? "/" : ".", flags);
    } else {
        *slash = '\0';
        target->folder = open(target->path, flags);
    }
    return target->folder >= 0;
}

/* Create a file of a name that no other has, in the folder: name is as long as it gets. */
static int create_temporary(const struct target *target, char name[64])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int fd = -1;
    for (unsigned long attempt = 0; fd < 0 && attempt < 100; attempt++) {
        snprintf(name, 64, ".bpblas-%ld-%lx.tmp", (long)getpid(),
                 (unsigned long)now.tv_nsec ^ (unsigned long)(uintptr_t)&now ^ attempt);
        fd = openat(target->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                    target->exists ? 0600 : 0666);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    return fd;
}

static bool write_all(int fd, const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t written = write(fd, bytes, BPB_MIN(n, MAX_TRANSFER));
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            n -= (size_t)written;
        }
    }
    return true;
}

/* Write the temporary file down to the disk, and close it in any case. */
static bool fill_temporary(const struct target *target, int fd, const void *bytes, size_t n)
{
    const bool written = write_all(fd, bytes, n) &&
                         (!target->exists || fchmod(fd, target->mode) == 0) && fsync(fd) == 0;
    const int error = errno;
    const bool closed = close(fd) == 0;
    if (!written)
        errno = error;
    return written && closed;
}

/* The new name survives a crash only once the folder is on the disk too; not every file system
 * can be asked for that. */
static bool sync_folder(int folder)
{
    return fsync(folder) == 0 || errno == EINVAL;
}

static bool replace(const struct target *target, const void *bytes, size_t n)
{
    char temporary[64];
    const int fd = create_temporary(target, temporary);
    if (fd < 0)
        return false;
    if (fill_temporary(target, fd, bytes, n) &&
        renameat(target->folder, temporary, target->folder, target->name) == 0)
        return sync_folder(target->folder);
    const int error = errno;
    unlinkat(target->folder, temporary, 0);
    errno = error;
    return false;
}

bpb_status bpb_file_replace(const char *path, const void *bytes, size_t n)
{
    struct target target = {.path = resolve(path), .folder = -1};
    const bool done =
        target.path && inspect(&target) && open_folder(&target) && replace(&target, bytes, n);
    const int error = errno;
    if (target.folder >= 0)
        close(target.folder);
    free(target.path);
    errno = error;
    return done ? BPB_OK : bpb_about_file(bpb_refuse_errno("written"), path);
}

/* ---- Read ---- */

bpb_status bpb_input_open(struct input *input, const char *path)
{
    *input = (struct input){.fd = open(path, O_RDONLY | O_CLOEXEC)};
    return input->fd >= 0 ? BPB_OK : bpb_about_file(bpb_refuse_errno("opened"), path);
}

void bpb_input_memory(struct input *input, const void *bytes, size_t n)
{
    *input = (struct input){.bytes = bytes, .n = n, .fd = -1};
}

/* Room for one byte more at least, and n at most. */
static bpb_status grow(struct input *input, size_t n)
{
    if (input->n < input->capacity)
        return BPB_OK;
    const size_t capacity = BPB_MIN(n, BPB_MAX(2 * input->capacity, FIRST_READ));
    unsigned char *buffer = realloc(input->buffer, capacity);
    REQUIRE(buffer, BPB_ERR_MEMORY, "no memory for %zu bytes of the file", capacity);
    input->bytes = input->buffer = buffer;
    input->capacity = capacity;
    return BPB_OK;
}

bpb_status bpb_input_want(struct input *input, size_t n)
{
    while (input->fd >= 0 && input->n < n) {
        TRY(grow(input, n));
        const size_t room = BPB_MIN(BPB_MIN(n, input->capacity) - input->n, MAX_TRANSFER);
        const ssize_t got = read(input->fd, input->buffer + input->n, room);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return bpb_refuse_errno("read");
        input->n += got > 0 ? (size_t)got : 0;
    }
    return BPB_OK;
}

void bpb_input_close(struct input *input)
{
    const int error = errno;
    if (input->fd >= 0)
        close(input->fd);
    free(input->buffer);
    errno = error;
}
