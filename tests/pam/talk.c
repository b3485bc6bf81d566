/* SPDX-License-Identifier: BSD-2-Clause */
/* Prompts are printed as they come: the scripts say which ones there may be. */
#include <stdlib.h>
#include <string.h>

#include "tests/pam/printable.h"
#include "tests/pam/talk.h"

static const struct {
    const char *name;
    enum talk_mode mode;
} modes[] = {
    {"answers", TALK_ANSWERS},  {"fail", TALK_FAILS},     {"again", TALK_AGAIN},
    {"null", TALK_NULL_ANSWER}, {"none", TALK_NO_ANSWER}, {"deaf", TALK_TAKES_NO_INFO},
    {"later", TALK_INFO_LATER},
};

bool
talk_set_mode(struct talk *talk, const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, name) == 0) {
            talk->mode = modes[i].mode;
            return true;
        }
    return false;
}

static void
show(const struct talk *talk, const struct pam_message *message)
{
    static const char *const styles[] = {
        [PAM_PROMPT_ECHO_OFF] = "hidden",
        [PAM_PROMPT_ECHO_ON] = "shown",
        [PAM_ERROR_MSG] = "error",
        [PAM_TEXT_INFO] = "info",
    };
    char word[1024];

    if (talk->out == -1)
        return;
    if (message->msg_style < PAM_PROMPT_ECHO_OFF || message->msg_style > PAM_TEXT_INFO)
        abort();
    printable_write(word, sizeof word, message->msg, 1);
    printable_line(talk->out, "%s %s\n", styles[message->msg_style], word);
}

static bool
is_prompt(const struct pam_message *message)
{
    return message->msg_style == PAM_PROMPT_ECHO_OFF || message->msg_style == PAM_PROMPT_ECHO_ON;
}

/* NULL when there is no answer left. */
static char *
next_answer(struct talk *talk)
{
    const char *answer = talk->answers;
    size_t size;

    if (talk->left == 0)
        return NULL;
    size = strlen(answer) + 1;
    talk->answers += size;
    talk->left -= size;
    return strdup(answer);
}

static int
answer_all(struct talk *talk, int count, const struct pam_message **messages,
           struct pam_response *responses)
{
    for (int i = 0; i < count; i++) {
        if (!is_prompt(messages[i]) || talk->mode == TALK_NULL_ANSWER)
            continue;
        responses[i].resp = next_answer(talk);
        if (responses[i].resp == NULL)
            return PAM_CONV_ERR;
    }
    return PAM_SUCCESS;
}

static int
respond(struct talk *talk, int count, const struct pam_message **messages,
        struct pam_response **ret)
{
    struct pam_response *responses = calloc((size_t)count, sizeof *responses);
    int code = PAM_BUF_ERR;

    if (responses != NULL)
        code = answer_all(talk, count, messages, responses);
    if (code == PAM_SUCCESS) {
        *ret = responses;
        return code;
    }
    for (int i = 0; responses != NULL && i < count; i++)
        free(responses[i].resp);
    free(responses);
    return code;
}

int
talk_converse(int count, const struct pam_message **messages, struct pam_response **ret,
              void *context)
{
    struct talk *talk = context;

    for (int i = 0; i < count; i++)
        show(talk, messages[i]);
    *ret = NULL;
    switch (talk->mode) {
    case TALK_FAILS:
        return PAM_CONV_ERR;
    case TALK_AGAIN:
        return PAM_CONV_AGAIN;
    case TALK_NO_ANSWER:
        return PAM_SUCCESS;
    case TALK_TAKES_NO_INFO:
        if (!is_prompt(messages[0]))
            return PAM_CONV_ERR;
        break;
    case TALK_INFO_LATER:
        if (!is_prompt(messages[0]))
            return PAM_CONV_AGAIN;
        break;
    case TALK_ANSWERS:
    case TALK_NULL_ANSWER:
        break;
    }
    return respond(talk, count, messages, ret);
}

void
talk_delay(int code, unsigned microseconds, void *context)
{
    const struct talk *talk = context;

    (void)code;
    if (talk->out != -1)
        printable_line(talk->out, "delay %s\n", microseconds == 0 ? "no" : "yes");
}
