from . import (
    test_comparison,
    test_companies,
    test_gateway,
    test_http,
    test_outbox,
    test_public_methods,
    test_records,
    test_rules,
    test_sources,
    test_sync,
    test_truth,
)
