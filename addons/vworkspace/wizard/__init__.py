from . import (
    adopt_wizard,
    dashboard,
    deploy_wizard,
    live_log_wizard,
    pair_wizard,
    register_cluster_wizard,
    reject_wizard,
)
