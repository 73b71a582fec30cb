/* SPDX-License-Identifier: BSD-3-Clause */
#include "args.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

/* ---- Words of the command line ---- */

/* The parts of "--eta=3". */
struct word_parts {
    const char *name; /* after the dashes */
    size_t length;
    const char *value; /* after the '='; NULL: none */
    bool is_letter;
};

/* false: the word is no option. */
static bool parse_word(const char *word, struct word_parts *parts)
{
    if (word[0] != '-' || word[1] == '\0')
        return false;
    parts->is_letter = word[1] != '-';
    parts->name = word + (parts->is_letter ? 1 : 2);
    const char *equals = strchr(parts->name, '=');
    parts->length = equals ? (size_t)(equals - parts->name) : strlen(parts->name);
    parts->value = equals ? equals + 1 : NULL;
    return parts->length > 0;
}

static bool is_named(const struct option *option, const struct word_parts *parts)
{
    if (parts->is_letter)
        return parts->length == 1 && option->letter == parts->name[0];
    return strlen(option->name) == parts->length &&
           memcmp(option->name, parts->name, parts->length) == 0;
}

static bool refuse_unknown(const struct args *args, const char *word,
                           const struct word_parts *parts)
{
    const char *command = args->command->name;
    const size_t compared = parts->length < 3 ? parts->length : 3;
    for (size_t i = 0; i < args->n && !parts->is_letter; i++) {
        const char *name = args->list[i].option->name;
        if (strncmp(name, parts->name, compared) != 0)
            continue;
        complain("bpblas %s has no option %s: did you mean --%s?", command, word, name);
        return false;
    }
    complain("bpblas %s has no option %s: see bpblas %s --help", command, word, command);
    return false;
}

static bool refuse_value(const struct option *option, const char *problem)
{
    char wanted[256];
    kind_wanted(option->kind, wanted, sizeof wanted);
    complain("--%s %s: give %s", option->name, problem, wanted);
    return false;
}

/* The text of an option's value: after the '=', or the next word. */
static bool read_value(struct arg *arg, const struct word_parts *parts, char ***next)
{
    const struct option *option = arg->option;
    if (!option->value) {
        arg->text = "";
        if (parts->value)
            complain("--%s takes no value: remove \"=%s\"", option->name, parts->value);
        return !parts->value;
    }
    if (parts->value) {
        arg->text = parts->value;
        return true;
    }
    if (!**next || strncmp(**next, "--", 2) == 0)
        return refuse_value(option, "requires a value");
    arg->text = *(*next)++;
    return true;
}

static bool add_operand(struct args *args, const char *word)
{
    if (!args->command->operands) {
        complain("unexpected word \"%s\": bpblas %s takes options only, see bpblas %s --help", word,
                 args->command->name, args->command->name);
        return false;
    }
    if (args->n_operands == OPERANDS_MAX) {
        complain("unexpected word \"%s\": give at most %d files", word, OPERANDS_MAX);
        return false;
    }
    args->operands[args->n_operands++] = word;
    return true;
}

static bool read_words(struct args *args, char **words)
{
    struct word_parts parts;
    while (*words) {
        const char *word = *words++;
        if (!parse_word(word, &parts)) {
            if (!add_operand(args, word))
                return false;
            continue;
        }
        size_t i = 0;
        while (i < args->n && !is_named(args->list[i].option, &parts))
            i++;
        if (i == args->n)
            return refuse_unknown(args, word, &parts);
        args->list[i].given = true;
        if (!read_value(&args->list[i], &parts, &words))
            return false;
    }
    return true;
}

/* ---- Values ---- */

static bool convert(const struct arg *arg)
{
    if (!arg->text && arg->option->required)
        return refuse_value(arg->option, "is required");
    if (!arg->text || kind_read(arg->option->kind, arg->text, arg->value))
        return true;
    char problem[128];
    snprintf(problem, sizeof problem, "cannot be \"%.80s\"", arg->text);
    return refuse_value(arg->option, problem);
}

/* First all that the user typed and fixed defaults, then the defaults that depend on them. */
static bool convert_all(struct args *args)
{
    for (size_t i = 0; i < args->n; i++) {
        if (!convert(&args->list[i]))
            return false;
    }
    for (size_t i = 0; i < args->n; i++) {
        struct arg *arg = &args->list[i];
        if (arg->text || !arg->option->preset_by)
            continue;
        arg->text = arg->option->preset_by(args);
        if (!convert(arg))
            return false;
    }
    return true;
}

static bool check_partners(const struct args *args)
{
    for (size_t i = 0; i < args->n; i++) {
        const struct option *option = args->list[i].option;
        if (!option->with || !args->list[i].given || args_given(args, option->with))
            continue;
        complain("--%s requires --%s: give both, or neither", option->name, option->with);
        return false;
    }
    return true;
}

/* ---- All ---- */

static void list_options(struct args *args)
{
    const struct option_group *group = args->command->groups;
    for (args->n = 0; group->options; group++) {
        for (const struct option *option = group->options; option->name; option++)
            args->list[args->n++] = (struct arg){
                .option = option,
                .value = (char *)args->settings + group->base + option->offset,
                .text = option->preset_by ? NULL : option->preset,
            };
    }
}

bool args_read(struct args *args, char **words)
{
    list_options(args);
    return read_words(args, words) && convert_all(args) && check_partners(args);
}

bool args_given(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->n; i++) {
        if (strcmp(args->list[i].option->name, name) == 0)
            return args->list[i].given;
    }
    return false;
}

const char *args_first_given(const struct args *args, const char *const *names)
{
    while (*names && !args_given(args, *names))
        names++;
    return *names;
}

void args_record(const struct args *args, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < args->n && used < bytes; i++) {
        const struct option *option = args->list[i].option;
        if (option->recorded && args->list[i].text)
            used += (size_t)snprintf(text + used, bytes - used, "%s--%s%s%s", used > 0 ? " " : "",
                                     option->name, option->value ? " " : "", args->list[i].text);
    }
}
