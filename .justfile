# List the recipes
default:
    @just --list

# Run the tests, or those of a filter such as cli::manual
test *filter:
    cargo test {{ filter }}

# Check formatting and lints
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings

# Run everything that CI runs
ci:
    .ci/run

# Open the dashboard, or run a command
run *args:
    cargo run --release -- {{ args }}

# Open the dashboard with demo data
demo:
    cargo run --release -- --demo

# Draw the pictures of the README again
pictures:
    KEYDECK_UPDATE_SCREENS=1 cargo test --test it picture

# Accept changed screens and command output
snapshots filter:
    INSTA_UPDATE=always cargo test --test it {{ filter }}

# Write assets/openapi.json again
openapi:
    KEYDECK_OPENAPI=write cargo test --test it server::document
