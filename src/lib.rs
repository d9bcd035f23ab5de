//! Keydeck: a terminal dashboard for API keys, the management API behind it, and the Edge API that accepts the keys.
//!
//! How to use it is in the [`manual`]. This page says how the code is laid out.
//!
//! # The map
//!
//! A grid. Columns are layers, each a module with one job and one outside crate that it owns; rows are nouns
//! (`projects`, `keys`, `rules`, `audit`, `tokens`), file names in every layer that knows them: `find src -name
//! keys.rs` prints the feature from top to bottom.
//!
//! | layer | job | may name |
//! |---|---|---|
//! | [`secret`] | the key format: generate, parse, mask, hash, compare | nothing |
//! | [`colour`] | the terminal's colours by name | nothing |
//! | [`encoding`] | which encoding a text is in | nothing |
//! | [`files`] | files that a person names | encoding |
//! | [`manual`] | the manual: what the program does, and how to use it | nothing |
//! | [`standards`] | after how many days a key is stale, by standards for audits | nothing |
//! | [`config`] | flags > environment > file > default | colour, files, secret, standards |
//! | [`wire`] | the nouns as JSON, the same types for all | encoding, secret, standards |
//! | [`store`] | the transaction boundary, and the feed of changes | wire, secret |
//! | [`server`] | the management API | store, wire, secret, standards |
//! | [`edge`] | the Edge API, answered from memory | store, wire, secret |
//! | [`client`] | typed calls, three transports | files, wire, secret |
//! | [`pack`] | evidence packs on this machine: received and verified | files, wire |
//! | [`tui`] | the dashboard: a pure model, a pure view, a loop around them | client, wire, pack, colour, files, secret, standards |
//! | [`cli`] | the composition root: the only layer that knows all others | all |
//!
//! Server and Edge API meet in [`store::changes`] and nowhere else. Inside the dashboard, `tui::model` and `tui::view`
//! have a table of their own in their `mod.rs`.
//!
//! # Three walks
//!
//! **A key press**: `x` on a key, `y`, the answer.
//!
//! 1. `tui/model/input.rs`: `key` and `route` give the key to the topmost dialog, to the filter line, or to the table.
//!    For the table it is an action, which the view answers with steps (`acts.rs` asks `views/keys/act.rs`): here
//!    `Step::Open(OpenDialog::Revoke(key))`.
//! 2. `tui/model/keymap.rs`: `action` and `input` say what a key means, by `assets/keymap.toml` and by the hints of the
//!    dialog.
//! 3. `tui/model/dialogs/confirm.rs`: the dialog. `opened` asks who calls with the key, `hints` says which keys it
//!    takes; at `y`, `on` answers with `Step::Ask(Request::RevokeKey)`.
//! 4. `tui/model/steps.rs`: `open_dialog` and `with_dialog` call the dialog with `Facts`, `carry_out` does what it
//!    says. The request is noted in `requests.rs` and leaves as an `Effect`, which `tui/perform.rs` sends.
//! 5. `tui/model/apply_change.rs`: the answer (`replies.rs` finds who asked) changes the row, the marks and the counts,
//!    and its receipt is said.
//!
//! Then the queue is empty, and `tui/runtime.rs` draws once.
//!
//! **A lookup**: `GET /v1/lookup` with a key.
//!
//! 1. `edge/serve.rs`: hyper reads the head of the request; `route` knows the few paths.
//! 2. `edge/verify.rs`: the lease first; then the key in [`edge::keyring`], from memory; then its project and the
//!    limit of its minute; and [`edge::usage`] notes the use.
//! 3. `edge/lookup.rs`: the parameters, then the path in the [`edge::ruleset`] that is live.
//! 4. `edge/answer.rs`: status, headers, body.
//!
//! No store is on this way. `edge/flush.rs` writes the noted uses in batches, and `edge/node.rs` follows the changes of
//! the store and renews the lease.
//!
//! **A revocation**: `POST /v1/keys/{id}/revoke`.
//!
//! 1. `server/keys.rs`: `revoke_key`. The write runs in a task of its own: a caller who hangs up cancels nothing.
//! 2. `store/sql/keys.rs`: the row and its audit event in one transaction (`store/sql/write.rs`). The `seq` of the
//!    event is the revision.
//! 3. `store/changes.rs`: the commit wakes the nodes; `acknowledged` waits until each node with a live lease has
//!    applied the revision, or has lost its lease.
//! 4. `edge/node.rs`: `catch_up` reads the change, marks the key in the keyring, and only then acknowledges.
//! 5. `server/keys.rs`: the answer, with the receipt.
//!
//! # Invariants
//!
//! Each is held by the tests that are named; the names are modules of `tests/it`.
//!
//! | what always holds | tests |
//! |---|---|
//! | A secret is in one response, and in no log, file, URL, event or debug text; no copy is left in memory after its dialog closed | `tui::memory::no_copy_of_a_key_is_left_in_memory_after_its_dialog_has_closed`, `server::logs::a_line_tells_method_route_status_and_id_but_no_secret_address_or_body`, `client::calls::an_answer_with_a_secret_shows_it_in_no_debug_text`, `tui::teardown::a_fault_of_the_program_leaves_the_terminal_whole_and_without_the_key` |
//! | Each change is one audit event, in the same transaction, and the chain verifies | `store::conformance::audit::every_change_is_one_event_and_the_chain_holds` |
//! | What was answered survives `kill -9` | `store::crash::killed_at_200_points_of_writing_every_answered_write_is_there_and_the_chain_verifies` |
//! | No route without a stated right | `server::auth::each_route_answers_each_kind_of_caller_as_its_right_says` |
//! | The local user can come from this process and its socket only | `server::auth::the_local_user_cannot_be_claimed_over_a_network` |
//! | A revocation is answered when no node accepts the key any more | `server::writes::a_revocation_is_answered_only_when_every_live_node_has_applied_it`, `edge::node::a_node_that_cannot_follow_loses_its_lease_and_comes_back_by_itself` |
//! | A node that has not read every key refuses all | `edge::node::a_node_that_loads_in_the_background_refuses_all_until_it_holds_every_key` |
//! | The way of a lookup holds no store | `edge::lookup::the_path_of_a_lookup_names_no_store` |
//! | Each method of the store is in the suite that runs on SQLite and on PostgreSQL | `store::coverage::each_method_of_the_store_is_called_in_the_suite` |
//! | A layer names only the layers below it, and owns its outside crate | `layers::each_layer_names_only_the_layers_it_may`, `layers::each_outside_crate_stays_in_the_layer_that_owns_it` |
//! | The model reads no clock and does no I/O; drawing changes nothing | `layers::the_model_of_the_dashboard_is_pure`, `layers::drawing_does_nothing_else` |
//! | No list, view or dialog knows the state, and no file but the table knows a particular view | `layers::no_list_no_view_and_no_dialog_names_the_state`, `layers::nothing_outside_the_table_tells_one_view_from_another` |
//! | A review executes what was confirmed and nothing else, and goes on after a crash | `store::conformance::reviews::an_interrupted_execution_is_continued_and_nothing_happens_twice` |
//! | The audit log alone gives every key as the store has it | `store::replay::the_audit_log_replayed_gives_exactly_the_keys_of_the_store` |
//! | A pack that was changed anywhere is found out with file and line, also one that was rebuilt as a whole | `cli::pack::one_changed_byte_anywhere_is_found_with_its_file_and_line`, `cli::pack::a_history_rebuilt_as_a_whole_is_found_by_the_head_that_was_noted` |
//! | A guided rotation offers to revoke a key only when nobody uses it | `store::rotations::the_old_key_is_offered_only_after_nobody_used_it_for_the_quiet_time`, `cli::rotation::the_old_key_is_offered_for_revocation_once_the_last_client_has_moved_over` |
//! | Every screen and dialog draws at every size | `tui::screens::every_screen_and_dialog_draws_at_every_size` |
//! | Text from a server or a file moves no cursor, colour or clipboard | `tui::screens::hostile_names_are_inert_in_every_view`, `cli::hostile::no_output_on_a_terminal_holds_what_a_hostile_server_put_there` |

pub mod cli;
pub mod client;
pub mod colour;
pub mod config;
pub mod edge;
pub mod encoding;
pub mod files;
pub mod manual;
pub mod pack;
pub mod secret;
pub mod server;
pub mod standards;
pub mod store;
pub mod tui;
pub mod wire;
