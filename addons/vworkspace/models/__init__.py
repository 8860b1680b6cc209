# isort: skip_file
# A model has to be there before what inherits from it.
from . import (
    vworkspace_mirrored_mixin,
    vworkspace_intent_mixin,
    vworkspace_lines_mixin,
    ir_websocket,
    res_config_settings,
    vworkspace_application_instance,
    vworkspace_catalog_entry,
    vworkspace_client,
    vworkspace_cluster,
    vworkspace_comparison,
    vworkspace_gateway,
    vworkspace_gateway_live,
    vworkspace_job,
    vworkspace_operation,
    vworkspace_outbox,
    vworkspace_parked_update,
    vworkspace_policy,
    vworkspace_sync,
)
