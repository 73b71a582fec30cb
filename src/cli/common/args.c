/* SPDX-License-Identifier: BSD-3-Clause */
#include "args.h"

#include <stdio.h>
#include <string.h>

#include "say.h"

/* A word of the command line, "--eta=3" taken apart. */
struct word_parts {
    const char *name; /* after the dashes */
    size_t length;
    const char *value; /* after the '='; NULL: none */
    bool is_letter;
};

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

static const struct option *find(const struct option *options, const struct word_parts *parts)
{
    for (; options->name; options++) {
        if (is_named(options, parts))
            return options;
    }
    return NULL;
}

/* The first option that begins as the word does, or NULL. */
static const struct option *resembling(const struct option *options, const struct word_parts *parts)
{
    const size_t n = parts->length < 3 ? parts->length : 3;
    for (; options->name && !parts->is_letter; options++) {
        if (strncmp(options->name, parts->name, n) == 0)
            return options;
    }
    return NULL;
}

static bool refuse_unknown(const struct command *command, const char *word,
                           const struct word_parts *parts)
{
    const struct option *near = resembling(command->options, parts);
    if (near)
        complain("%s is no option of bpblas %s; did you mean --%s?", word, command->name,
                 near->name);
    else
        complain("%s is no option of bpblas %s; see bpblas %s --help", word, command->name,
                 command->name);
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
static bool read_value(const struct option *option, const struct word_parts *parts, char ***next,
                       const char **text)
{
    if (!option->value) {
        *text = "";
        if (parts->value)
            complain("--%s takes no value: leave out \"=%s\"", option->name, parts->value);
        return !parts->value;
    }
    if (parts->value) {
        *text = parts->value;
        return true;
    }
    if (!**next || strncmp(**next, "--", 2) == 0)
        return refuse_value(option, "needs a value");
    *text = *(*next)++;
    return true;
}

static bool add_operand(struct args *args, const char *word)
{
    if (!args->command->operands) {
        complain("unexpected \"%s\": everything is given by options, see bpblas %s --help", word,
                 args->command->name);
        return false;
    }
    if (args->n_operands == OPERANDS_MAX) {
        complain("unexpected \"%s\": give at most %d files", word, OPERANDS_MAX);
        return false;
    }
    args->operands[args->n_operands++] = word;
    return true;
}

static bool read_option(struct args *args, const char *word, const struct word_parts *parts,
                        char ***next)
{
    const struct option *options = args->command->options, *option = find(options, parts);
    if (!option)
        return refuse_unknown(args->command, word, parts);
    args->given[option - options] = true;
    return read_value(option, parts, next, &args->text[option - options]);
}

static bool read_words(struct args *args, char **words)
{
    struct word_parts parts;
    while (*words) {
        const char *word = *words++;
        const bool is_read = parse_word(word, &parts) ? read_option(args, word, &parts, &words)
                                                      : add_operand(args, word);
        if (!is_read)
            return false;
    }
    return true;
}

static bool convert(const struct option *option, const char *text, void *settings)
{
    if (!text && option->required)
        return refuse_value(option, "is missing");
    if (!text || kind_read(option->kind, text, (char *)settings + option->offset))
        return true;
    char problem[128];
    snprintf(problem, sizeof problem, "cannot be \"%.80s\"", text);
    return refuse_value(option, problem);
}

/* All but the defaults that go by others, and then those. */
static bool convert_all(struct args *args)
{
    const struct option *options = args->command->options;
    for (size_t i = 0; options[i].name; i++) {
        if (!convert(&options[i], args->text[i], args->settings))
            return false;
    }
    for (size_t i = 0; options[i].name; i++) {
        if (args->text[i] || !options[i].preset_by)
            continue;
        args->text[i] = options[i].preset_by(args->settings);
        if (!convert(&options[i], args->text[i], args->settings))
            return false;
    }
    return true;
}

bool args_given(const struct args *args, const char *name)
{
    const struct option *options = args->command->options;
    for (size_t i = 0; options[i].name; i++) {
        if (strcmp(options[i].name, name) == 0)
            return args->given[i];
    }
    return false;
}

static bool check_partners(const struct args *args)
{
    const struct option *options = args->command->options;
    for (size_t i = 0; options[i].name; i++) {
        const char *with = options[i].with;
        if (with && args->given[i] && !args_given(args, with)) {
            complain("--%s has no meaning without --%s: give both, or neither", options[i].name,
                     with);
            return false;
        }
    }
    return true;
}

bool args_read(struct args *args, char **words)
{
    const struct option *options = args->command->options;
    for (size_t i = 0; options[i].name; i++)
        args->text[i] = options[i].preset_by ? NULL : options[i].preset;
    return read_words(args, words) && convert_all(args) && check_partners(args);
}

void args_record(const struct args *args, char *text, size_t bytes)
{
    const struct option *options = args->command->options;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; options[i].name && used < bytes; i++) {
        if (options[i].recorded && args->text[i])
            used += (size_t)snprintf(text + used, bytes - used, "%s--%s%s%s", used > 0 ? " " : "",
                                     options[i].name, options[i].value ? " " : "", args->text[i]);
    }
}
