"""Writes the next numbered migration from the models: `python tools/new_migration.py "add carts"`."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

ROOT = Path(__file__).parent.parent
VERSIONS = ROOT / "context_store" / "migrations" / "versions"


def main(message: str) -> None:
    number = f"{len(list(VERSIONS.glob('0*.py'))) + 1:04d}"
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/empty.db")
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(" ".join(sys.argv[1:]))
