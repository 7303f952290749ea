from tests.cli.help import PAGE, page, program


def test_the_kept_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text() == page(), "write it again: .venv/bin/python -m tests.cli.help"


def test_every_argument_has_a_help_text() -> None:
    for name, command in program().commands.items():
        silent = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
        assert command.help, name
        assert not silent, f"visavis {name}: {silent}"
