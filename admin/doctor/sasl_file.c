/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a server's SASL configuration as libsasl2 does: the first line of an option counts. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/doctor/sasl_file.h"
#include "admin/host/setting.h"
#include "admin/wiring/service.h"
#include "core/base/paths.h"
#include "core/base/text.h"

#define TEXT_MAX 65536

static const char *const plugin_options[] = {
#define SASL_OPTION(name, setter, takes, meaning) #name,
#include "core/config/options.def"
};

static char *
read_text(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd < 0 ? NULL : calloc(1, TEXT_MAX + 1);

    if (text != NULL && read(fd, text, TEXT_MAX) < 0) {
        free(text);
        text = NULL;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

bool
sasl_file_get(const struct sasl_file *file, const char *option, char ret[SASL_FILE_VALUE_MAX],
              unsigned *ret_line)
{
    const char *prefix = file->row->prefix == NULL ? "" : file->row->prefix;
    char name[100];

    ret[0] = '\0';
    snprintf(name, sizeof name, "%s%s", prefix, option);
    return file->text != NULL &&
           setting_find(file->text, ':', name, ret, SASL_FILE_VALUE_MAX, ret_line);
}

static bool
ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && pat_text_equal(text + len - end_len, end);
}

static void
judge_verifiers(struct sasl_file *file)
{
    char methods[SASL_FILE_VALUE_MAX], path[SASL_FILE_VALUE_MAX];

    sasl_file_get(file, "pwcheck_method", methods, NULL);
    file->asks_patd = setting_lists(methods, "authdaemond") &&
                      sasl_file_get(file, "authdaemond_path", path, NULL) &&
                      ends_with(path, PAT_AUTHDAEMON_SOCKET);
    if (setting_lists(methods, "saslauthd")) {
        sasl_file_get(file, "saslauthd_path", path, NULL);
        if (ends_with(path, PAT_MUX_SOCKET))
            file->asks_patd = true;
        else
            file->asks_saslauthd = true;
    }
}

void
sasl_file_open(const struct service *row, struct sasl_file *ret)
{
    const char *at = row->files, *word;
    char value[SASL_FILE_VALUE_MAX];
    size_t len;

    memset(ret, 0, sizeof *ret);
    ret->row = row;
    while (ret->text == NULL && (len = pat_text_word(&at, &word)) > 0)
        if (pat_text_copy(ret->path, sizeof ret->path, word, len) == PAT_OK)
            ret->text = read_text(ret->path);
    if (ret->text == NULL)
        ret->path[0] = '\0';
    for (size_t i = 0; i < sizeof plugin_options / sizeof plugin_options[0]; i++)
        ret->has_plugin |= sasl_file_get(ret, plugin_options[i], value, NULL);
    ret->overrides = sasl_file_get(ret, "pat_override", value, NULL) && setting_is_on(value);
    judge_verifiers(ret);
}

void
sasl_file_close(struct sasl_file *file)
{
    free(file->text);
    file->text = NULL;
}

bool
sasl_file_is_wired(const struct sasl_file *file)
{
    return file->has_plugin || file->asks_patd;
}

bool
sasl_file_socket(const struct sasl_file *file, size_t number, char ret[SASL_FILE_VALUE_MAX],
                 int *ret_type, const char **ret_protocol)
{
    char methods[SASL_FILE_VALUE_MAX], path[SASL_FILE_VALUE_MAX];

    sasl_file_get(file, "pwcheck_method", methods, NULL);
    if (file->has_plugin && number-- == 0) {
        if (!sasl_file_get(file, "pat_socket", ret, NULL))
            pat_text_clip(ret, SASL_FILE_VALUE_MAX, PAT_RUNTIME_DIR PAT_VERIFY_SOCKET);
        *ret_type = SOCK_SEQPACKET;
        *ret_protocol = "verify";
        return true;
    }
    *ret_type = SOCK_STREAM;
    *ret_protocol = "authdaemon";
    if (setting_lists(methods, "authdaemond") &&
        sasl_file_get(file, "authdaemond_path", path, NULL) &&
        ends_with(path, PAT_AUTHDAEMON_SOCKET) && number-- == 0) {
        pat_text_clip(ret, SASL_FILE_VALUE_MAX, path);
        return true;
    }
    *ret_protocol = "mux";
    pat_text_clip(ret, SASL_FILE_VALUE_MAX, "");
    return setting_lists(methods, "saslauthd") && number == 0 &&
           sasl_file_get(file, "saslauthd_path", ret, NULL) && ends_with(ret, PAT_MUX_SOCKET);
}
