"""Which of Django's test applications are run: those that touch connections, transactions and models."""

APPLICATIONS = (
    *("aggregation", "annotations", "async", "backends", "basic", "bulk_create", "composite_pk", "constraints"),
    *("contenttypes_tests", "custom_columns", "custom_managers", "custom_pk", "datatypes", "dates", "datetimes"),
    *("db_functions", "db_utils", "defer", "defer_regress", "delete", "delete_regress", "distinct_on_fields"),
    *("empty", "expressions", "expressions_case", "expressions_window", "extra_regress", "field_defaults"),
    *("field_subclassing", "filtered_relation", "fixtures", "fixtures_model_package", "fixtures_regress"),
    *("force_insert_update", "foreign_object", "from_db_value", "generic_relations", "generic_relations_regress"),
    *("get_earliest_or_latest", "get_object_or_404", "get_or_create", "known_related_objects", "lookup"),
    *("m2m_and_m2o", "m2m_intermediary", "m2m_multiple", "m2m_recursive", "m2m_regress", "m2m_signals"),
    *("m2m_through", "m2m_through_regress", "m2o_recursive", "managers_regress", "many_to_many", "many_to_one"),
    *("many_to_one_null", "migrate_signals", "model_fields", "model_forms", "model_formsets"),
    *("model_formsets_regress", "model_inheritance", "model_inheritance_regress", "model_regress"),
    *("multiple_database", "mutually_referential", "nested_foreign_keys", "null_fk", "null_fk_ordering"),
    *("null_queries", "one_to_one", "or_lookups", "order_with_respect_to", "ordering", "prefetch_related"),
    *("properties", "proxy_model_inheritance", "proxy_models", "queries", "queryset_pickle", "raw_query"),
    *("reserved_names", "reverse_lookup", "save_delete_hooks", "select_for_update", "select_related"),
    *("select_related_onetoone", "select_related_regress", "serializers", "signals", "string_lookup"),
    *("swappable_models", "test_utils", "timezones", "transaction_hooks", "transactions", "unmanaged_models"),
    *("update", "update_only_fields", "validation", "xor_lookups"),
)

NEED_EXTENSIONS = ("db_functions",)
"""Those that need extensions of PostgreSQL which the server of the wheel does not have."""

ASSERT_OUR_ABSENCE: dict[str, str] = {
    "backends.base.test_base.ExecuteWrapperTests.test_wrapper_connection_specific": (
        "It says that a connection has no other wrapper than its own."
    ),
}
"""Tests that cannot pass beside any wrapper or receiver: id -> the reason."""

MEASURE_TIME = ("serializers.test_deserialization.TestDeserializer.test_crafted_xml_performance",)
"""Tests that fail on a busy machine, with the cache and without."""
