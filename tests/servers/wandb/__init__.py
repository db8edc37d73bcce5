"""A small W&B server that the real wandb package reads from and logs to.

server = WandbServer().start()
server.store.add(Run("abc", summary={"loss": 0.1}))
server.faults.append(Fault("status", status=500, times=2))
server.counts  # {"Viewer": 1, "Run": 1}
"""

from tests.servers.wandb.faults import Fault
from tests.servers.wandb.server import WandbServer
from tests.servers.wandb.store import KEY, Project, Run, Store, User

__all__ = ["KEY", "Fault", "Project", "Run", "Store", "User", "WandbServer"]
