# SPDX-License-Identifier: BSD-2-Clause
# Completion of patctl for bash: the program completes itself. Bash splits words also at = : and @;
# here they are joined again, and what stands in front of bash's own piece is taken off candidates.
_patctl() {
    local rest=${COMP_LINE:0:COMP_POINT} words=() shown=() piece front value text
    for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        [[ $rest == [[:space:]]* || ${#words[@]} -eq 0 ]] && words+=("")
        rest=${rest#"${rest%%[![:space:]]*}"} front=${words[-1]} piece=${rest:0:${#piece}}
        words[-1]+=$piece rest=${rest:${#piece}}
    done
    [[ $piece == *[!=:]* ]] || front=${words[-1]}
    words=("${words[@]//[\"\'\\]/}") front=${front//[\"\'\\]/} front=${front%@} COMPREPLY=()
    while IFS=$'\t' read -r value text; do
        [[ $value == :files ]] && compopt -o default && return
        COMPREPLY+=("${value#"$front"}")
        shown+=("${value#"$front"}${text:+  ($text)}")
    done < <(patctl __complete -- "${words[@]:1}" 2>/dev/null)
    # 33, 63, 64: what is found will be listed, too (bash(1), COMP_TYPE); else only inserted
    [[ $COMP_TYPE == @(33|63|64) && ${#shown[@]} -gt 1 ]] && COMPREPLY=("${shown[@]}")
}
complete -o nosort -F _patctl patctl
