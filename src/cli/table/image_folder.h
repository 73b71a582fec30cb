/* SPDX-License-Identifier: BSD-3-Clause */
/* Data by the names of their files: a folder of four IDX files under their usual ones. */
#ifndef CLI_IMAGE_FOLDER_H
#define CLI_IMAGE_FOLDER_H

#include <stdbool.h>

#include "cli/common/paths.h"

enum part { PART_TRAIN, PART_TEST };

enum content { CONTENT_IMAGES, CONTENT_LABELS };

/* "train" or "test". */
const char *part_name(enum part part);

/* Whether the folder has images or labels of the part. */
bool part_exists(const char *folder, enum part part);

/* Find the file, plain or .gz. An int code. */
int part_path(char path[PATH_BYTES], const char *folder, enum part part, enum content content);

#endif
