import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for `tiny`, also in the processes that it starts
