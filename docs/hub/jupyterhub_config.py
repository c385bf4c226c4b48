"""JupyterHub for a class: `make hub STUDENTS=30` (tools/hub/start.py) makes the accounts and starts it with this file.

It reads what `make hub` wrote into the class's folder: who takes part, how the hub is reached, and the limits, which
stand in docs/hub/numbers.toml. docs/hub/index.md says what each choice is for.
"""

import json
import os
import resource
import sys
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner

c = get_config()  # noqa: F821  # JupyterHub gives it
ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("AEUTILS_HUB", "/srv/autoencoders"))
CLASS = json.loads((FOLDER / "hub" / "class.json").read_text(encoding="utf-8"))
LIMIT, IDLE = CLASS["limit"], CLASS["idle"]

# How it is reached. The hub itself and the students' servers listen on this machine alone; the proxy is the one door.
c.JupyterHub.bind_url = CLASS["address"]
c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = CLASS["certificate"], CLASS["key"]
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{CLASS['ports'][0]}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{CLASS['ports'][1]}"
c.ConfigurableHTTPProxy.command = CLASS["proxy"]
c.ConfigurableHTTPProxy.pid_file = str(FOLDER / "hub" / "proxy.pid")
c.JupyterHub.cookie_secret_file = str(FOLDER / "hub" / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{FOLDER / 'hub' / 'jupyterhub.sqlite'}"

# Who may come in: the accounts that `make hub` made, with the passwords of their slips, and nobody else.
c.JupyterHub.authenticator_class = "pam"
c.Authenticator.allowed_users = {*CLASS["students"], CLASS["teacher"]}
c.Authenticator.allow_existing_users = False
c.JupyterHub.template_vars = {"announcement_login": "Your name and password are on the slip that you were given."}

# The teacher starts and stops everybody's server, and sees who is there; not what is in their files.
c.JupyterHub.load_roles = [
    {"name": "teacher", "users": [CLASS["teacher"]], "scopes": ["admin-ui", "list:users", "servers"]},
    {
        "name": "idle-culler",
        "services": ["idle-culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    },
]

# A student's server: an own process of the student's own account, in the environment of `make lab`.
c.Spawner.cmd = [
    sys.executable,
    "-I",
    str(ROOT / "tools" / "isolated.py"),
    str(ROOT / "tools" / "class_hub.py"),
    "server",
]
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={IDLE['kernel']}",
    f"--MappingKernelManager.cull_interval={IDLE['look']}",
    "--MappingKernelManager.cull_connected=True",
]
c.Spawner.environment = CLASS["environment"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 300  # thirty may come at the same minute
c.Spawner.mem_limit, c.Spawner.cpu_limit = LIMIT["memory"], LIMIT["cores"]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [
            *(sys.executable, "-I", "-m", "jupyterhub_idle_culler"),
            *(f"--timeout={IDLE['server']}", f"--cull-every={IDLE['look']}"),
        ],
    }
]


class LimitedProcessSpawner(LocalProcessSpawner):
    """Plain processes, where there is no systemd: each of them is limited; tools/hub/watch.py limits their sum."""

    def make_preexec_fn(self, name):
        """What the new process does while it is still root: take limits, then become the student."""
        become = super().make_preexec_fn(name)
        memory, processes = int(self.mem_limit), LIMIT["processes"]

        def limited():
            # What is allocated beyond it is refused: a MemoryError in the cell, and the kernel goes on.
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
            resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.nice(5)  # after the hub and the proxy
            become()

        return limited


if CLASS["systemd"]:
    c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
    c.SystemdSpawner.unit_name_template = "autoencoders-{USERNAME}"
    c.SystemdSpawner.default_shell = "/usr/sbin/nologin"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.unit_extra_properties = {
        "MemorySwapMax": "0",
        "LimitDATA": LIMIT["memory"],  # refused in one process, before the kernel of the machine has to end one
        "OOMPolicy": "continue",  # the notebook's kernel ends, and the server starts another
        "TasksMax": str(LIMIT["processes"]),
        "LimitCORE": "0",
    }
else:
    c.JupyterHub.spawner_class = LimitedProcessSpawner
    c.JupyterHub.services.append(
        {
            "name": "memory",
            "command": [
                *(sys.executable, "-I", str(ROOT / "tools" / "hub" / "watch.py")),
                *(LIMIT["memory"], *CLASS["students"], CLASS["teacher"]),
            ],
        }
    )
