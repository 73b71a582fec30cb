/* SPDX-License-Identifier: BSD-3-Clause */
#include "data/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "data/idx.h"
#include "data/npy.h"

#define NPY_FIRST_BYTE 0x93 /* an IDX file begins with 0 */

/* A file without bytes cannot be mapped. */
static bpb_status map_bytes(struct mapped_file *file, int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return bpb_refuse_errno("mapped");
    if (!S_ISREG(info.st_mode)) {
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        return bpb_refuse_errno("mapped");
    }
    REQUIRE(info.st_size > 0, BPB_ERR_TRUNCATED, "the file is empty");
    REQUIRE((uintmax_t)info.st_size <= PTRDIFF_MAX, BPB_ERR_SIZE,
            "the file has more bytes than can be addressed");
    void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return bpb_refuse_errno("mapped");
    file->bytes = bytes;
    file->n = (size_t)info.st_size;
    return BPB_OK;
}

static bpb_status find_array(struct mapped_file *file)
{
    const unsigned char *bytes = file->bytes;
    return (bytes[0] == NPY_FIRST_BYTE ? bpb_npy_memory : bpb_idx_memory)(&file->array, bytes,
                                                                          file->n);
}

/* Not blocking: a pipe is opened to be refused, not to be waited for. The file stays mapped when
 * its descriptor is closed. */
bpb_status bpb_mapped_file_open(struct mapped_file *file, const char *path)
{
    *file = (struct mapped_file){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bpb_about_file(bpb_refuse_errno("opened"), path);
    bpb_status status = map_bytes(file, fd);
    const int error = errno;
    close(fd);
    errno = error;
    if (!status)
        status = find_array(file);
    if (status)
        bpb_mapped_file_close(file);
    return bpb_about_file(status, path);
}

/* Advice that is not taken does no harm. */
void bpb_mapped_file_shuffled(const struct mapped_file *file)
{
    posix_madvise(file->bytes, file->n, POSIX_MADV_RANDOM);
}

void bpb_mapped_file_close(struct mapped_file *file)
{
    const int error = errno;
    if (file->bytes)
        munmap(file->bytes, file->n);
    *file = (struct mapped_file){0};
    errno = error;
}
