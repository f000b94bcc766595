"""Task graphs on identical processors with communication: partition, duplication, bounds."""

from ._bounds import Bounds as Bounds
from ._bounds import lower_bounds as lower_bounds
from ._cluster import cluster as cluster
from ._deduplicate import deduplicate as deduplicate
from ._dsh import dsh as dsh
from ._generate import generate as generate
from ._graph import TaskGraph as TaskGraph
from ._instance import Instance as Instance
from ._list import bl_est as bl_est
from ._list import bl_est_part as bl_est_part
from ._list import etf as etf
from ._list import etf_part as etf_part
from ._list import fifo as fifo
from ._list import heft as heft
from ._list import sequential as sequential
from ._map_back import map_back as map_back
from ._paper import paper as paper
from ._partition import partition as partition
from ._schedule import Schedule as Schedule
from ._simulate import simulate as simulate
from ._tdca import tdca as tdca
from ._solve import solve as solve
from ._device import Device as Device
from ._from_jax import from_jax as from_jax
from ._models import bert_like as bert_like
from ._models import resnet50_like as resnet50_like
