import subprocess
import sys

from tests.cli.help import PAGE, page, program


def test_the_kept_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text() == page(), "write it again: .venv/bin/python -m tests.cli.help"


def test_every_argument_has_a_help_text() -> None:
    for name, command in program().commands.items():
        silent = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
        assert command.help, name
        assert not silent, f"visavis {name}: {silent}"


def test_commands_are_known_before_anything_heavy_is_imported() -> None:
    code = "import sys; from visavis.cli import build; build(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"torch", "numpy", "polars", "cv2", "sklearn", "matplotlib", "lightning", "pydantic"}
    assert not heavy & set(loaded.split())
