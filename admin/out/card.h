/* SPDX-License-Identifier: BSD-2-Clause */
/* Labels and values in two columns, for things that have many of them. */
#ifndef ADMIN_OUT_CARD_H
#define ADMIN_OUT_CARD_H

#include "admin/out/out.h"

/*
 * Two labels with their values side by side, or one under the other where the first does not leave
 * room. Long values are continued on lines of their own. The second label may be NULL.
 */
void card_pair(struct out *out, const char *label, const char *value, const char *second_label,
               const char *second_value);
/* One label with its value; nothing where the value is empty. */
void card_line(struct out *out, const char *label, const char *value);

/* What a card begins with: text, and at the right edge the state with its mark. */
void card_title(struct out *out, const char *title, const char *state);

#endif
