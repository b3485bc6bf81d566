# SPDX-License-Identifier: BSD-2-Clause
# Completion of patctl for fish: the program completes itself.
function __patctl_complete
    set -l words (commandline -opc)
    patctl __complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c patctl -f -a '(__patctl_complete | string match -v :files)'
complete -c patctl -n '__patctl_complete | string match -q :files' -F
