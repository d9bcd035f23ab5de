//! Names that have broken other programs.

/// A name, and the code that refuses it; `None` when it may be stored and must then be shown inert.
pub(crate) fn names() -> Vec<(String, Option<&'static str>)> {
    let refused = |text: &str| (text.to_owned(), Some("INVALID_NAME"));
    let stored = |text: &str| (text.to_owned(), None);
    vec![
        refused("\u{1b}[31mred"),
        refused("\u{1b}]0;title\u{7}"),
        refused("\u{1b}]52;c;ZXZpbA==\u{7}"),
        refused("\u{1b}[2J\u{1b}[H"),
        refused("\u{1b}P+q544e\u{1b}\\"),
        refused("\u{9b}31m"),
        refused("a\u{7}b"),
        refused("a\u{8}b"),
        refused("a\rb"),
        refused("a\nb"),
        refused("a\tb"),
        refused("a\0b"),
        refused("a\u{7f}b"),
        refused("a\u{85}b"),
        refused("a\u{202e}b"),
        refused("a\u{202a}b\u{202c}"),
        refused("a\u{2066}b\u{2069}"),
        refused("a\u{200e}b"),
        refused("a\u{200b}b"),
        refused("a\u{200d}b"),
        refused("a\u{feff}b"),
        refused("a\u{2028}b"),
        refused("a\u{ad}b"),
        refused("a\u{e0041}b"),
        refused("a\u{fe0f}b"),
        refused("\u{e000}"),
        refused("\u{3164}"),
        refused(""),
        refused("   "),
        refused(&"x".repeat(65)),
        refused(&"x".repeat(10_000)),
        refused(&"🔑".repeat(65)),
        (format!("x {WHOLE_KEY} y"), Some("SECRET_IN_TEXT")),
        (WHOLE_KEY.to_owned(), Some("SECRET_IN_TEXT")),
        stored("🔑 emoji"),
        stored("日本語の鍵"),
        stored("Zalgo\u{315}\u{316}\u{317}\u{318}\u{319}"),
        stored("=HYPERLINK(\"http://x\",\"y\")"),
        stored("+1+1"),
        stored("@SUM(A1)"),
        stored("-2+3"),
        stored("'; drop table api_keys; --"),
        stored("%s%n ${HOME} `id` $(id)"),
        stored("../../etc/passwd"),
        stored("שלום עולם"),
        stored("\"quoted\\\" name"),
        stored("%_like"),
    ]
}

/// A well-formed key that no database knows.
pub(crate) const WHOLE_KEY: &str = "redir_live_7kf2Q9w3ErTy5UiOp1AsDf8GhJ2I1YZq";
