# [[[cog
# import cog
# from tests import readme
# cog.outl(readme.completion("fish"))
# ]]]
complete --command wandbwatch --no-files --arguments "(env _WANDBWATCH_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS=(commandline -cp) wandbwatch)" --condition "env _WANDBWATCH_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=is-args _TYPER_COMPLETE_ARGS=(commandline -cp) wandbwatch"
# [[[end]]]
