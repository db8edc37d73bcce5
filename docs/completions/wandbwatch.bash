# [[[cog
# import cog
# from tests import readme
# cog.outl(readme.completion("bash"))
# ]]]
_wandbwatch_completion() {
    local IFS=$'
'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" \
                   COMP_CWORD=$COMP_CWORD \
                   _WANDBWATCH_COMPLETE=complete_bash $1 ) )
    return 0
}

complete -o default -F _wandbwatch_completion wandbwatch
# [[[end]]]
