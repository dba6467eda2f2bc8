"""The stack file as frozen, typed values: the only reader of stack configuration.

`load.load_stack_file` and `load.load` answer `model.Settings` or raise one `SettingsError` that names every
problem at once. Nothing here knows Pulumi, reads the environment or touches a cluster, so that a command can
refuse a bad stack file before anything is created, with the very words that the program would use.
"""
