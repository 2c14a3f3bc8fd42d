"""CPU seconds of one TCP check, by whichever distribution this interpreter has.

Run as a program with the port of a server and the number of endpoints; uses
only names that both distributions of dephealth have.
"""

import asyncio
import sys
import time
from datetime import timedelta

from dephealth.api import DependencyHealth, tcp_check

_INTERVAL = 2.0
_WARM_UP = 4.0
_SECONDS = 6.0


async def main(port: str, count: int) -> None:
    """Print what one check costs."""
    health = DependencyHealth(
        "bench",
        "bench",
        *(
            tcp_check(f"dep-{number}", host="127.0.0.1", port=port, critical=True)
            for number in range(count)
        ),
        check_interval=timedelta(seconds=_INTERVAL),
        timeout=timedelta(seconds=1.5),
    )
    await health.start()
    await asyncio.sleep(_WARM_UP)
    before = time.process_time()
    await asyncio.sleep(_SECONDS)
    used = time.process_time() - before
    healthy = sum(health.health().values())
    await health.stop()
    print(used * _INTERVAL / _SECONDS / count, healthy / count)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
