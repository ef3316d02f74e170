"""Reads 48 features of one symbol from Feast's online store (SQLite, in this process), as a model server written in Python would."""

import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

os.environ["FEAST_USAGE"] = "False"

import feast  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from feast.types import Float64  # noqa: E402
from rounds import serve  # noqa: E402

reads, features, symbols = 50, 48, 100
folder = tempfile.TemporaryDirectory()
root = Path(folder.name)
(root / "feature_store.yaml").write_text(
    "project: bench\nprovider: local\nregistry: registry.db\nonline_store: {type: sqlite, path: online.db}\nentity_key_serialization_version: 3\n"
)
names = [f"f{i}" for i in range(features)]
now = datetime.now(timezone.utc)
rows = pd.DataFrame({"symbol": [f"S{i}/USDT" for i in range(symbols)], "at": now, **{name: np.random.default_rng(i).random(symbols) for i, name in enumerate(names)}})
rows.to_parquet(root / "rows.parquet")
symbol = feast.Entity(name="symbol", join_keys=["symbol"], value_type=feast.ValueType.STRING)
view = feast.FeatureView(
    name="market",
    entities=[symbol],
    ttl=timedelta(days=1),
    schema=[feast.Field(name=name, dtype=Float64) for name in names],
    source=feast.FileSource(path=str(root / "rows.parquet"), timestamp_field="at"),
)
store = feast.FeatureStore(repo_path=str(root))
store.apply([symbol, view])
store.write_to_online_store("market", rows)
wanted = [f"market:{name}" for name in names]


def read():
    for i in range(reads):
        values = store.get_online_features(features=wanted, entity_rows=[{"symbol": f"S{i % symbols}/USDT"}]).to_dict()
        if values["f0"][0] is None or len(values) != features + 1:
            raise RuntimeError("the vectors are not complete")
    return reads


serve(f"Feast {feast.__version__}, SQLite online store, from Python", read)
