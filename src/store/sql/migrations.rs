//! What brings the tables up to date.

/// In their order; the first has number 1. One that was released never changes.
pub(super) const MIGRATIONS: [(&str, &str); 14] = [
    ("init", include_str!("../../../assets/migrations/0001_init.sql")),
    ("once", include_str!("../../../assets/migrations/0002_once.sql")),
    ("audit_search", include_str!("../../../assets/migrations/0003_audit_search.sql")),
    ("folding", include_str!("../../../assets/migrations/0004_folding.sql")),
    ("once_closed", include_str!("../../../assets/migrations/0005_once_closed.sql")),
    ("review", include_str!("../../../assets/migrations/0006_review.sql")),
    ("reviews", include_str!("../../../assets/migrations/0007_reviews.sql")),
    ("rotations", include_str!("../../../assets/migrations/0008_rotations.sql")),
    ("nodes", include_str!("../../../assets/migrations/0009_nodes.sql")),
    ("moving", include_str!("../../../assets/migrations/0010_moving.sql")),
    ("usage_batches", include_str!("../../../assets/migrations/0011_usage_batches.sql")),
    ("usage_written", include_str!("../../../assets/migrations/0012_usage_written.sql")),
    ("receipts", include_str!("../../../assets/migrations/0013_receipts.sql")),
    ("findings", include_str!("../../../assets/migrations/0014_findings.sql")),
];

/// The version of the tables: the number of the newest migration.
pub const SCHEMA: usize = MIGRATIONS.len();
