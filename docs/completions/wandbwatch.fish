# [[[cog
# import cog
# from tests import readme
# cog.outl(readme.completion("fish"))
# ]]]
function _wandbwatch_completion
    set -l found (env _WANDBWATCH_COMPLETE=complete_fish \
        _TYPER_COMPLETE_FISH_ACTION=get-args \
        _TYPER_COMPLETE_ARGS=(commandline -cp | string collect) wandbwatch)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end

complete --command wandbwatch --no-files --arguments "(_wandbwatch_completion)"
# [[[end]]]
