//! The manual, one module a chapter.
//!
//! The text is that of `assets/manual`. `keydeck man TOPIC` prints it, and `keydeck man DIR` writes a man page of each
//! chapter.

/// A chapter of the manual.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chapter {
    /// What follows `keydeck man`, and the name of its file.
    pub name: &'static str,
    /// One line for the NAME section of its man page.
    pub about: &'static str,
    /// Markdown. Links to other chapters are to their files, such as `api.md`.
    pub text: &'static str,
}

impl Chapter {
    /// The chapter with this name.
    pub fn named(name: &str) -> Option<&'static Chapter> {
        CHAPTERS.iter().find(|chapter| chapter.name == name)
    }
}

macro_rules! chapters {
    ($($module:ident, $name:literal, $about:literal;)*) => {
        /// All chapters, in reading order.
        pub const CHAPTERS: &[Chapter] = &[$(Chapter {
            name: $name,
            about: $about,
            text: include_str!(concat!("../assets/manual/", $name, ".md")),
        },)*];

        // The first definition of a link counts: here it leads to a module, in the files to a file.
        $(
            #[doc = "[api]: crate::manual::api"]
            #[doc = "[configuration]: crate::manual::configuration"]
            #[doc = "[dashboard]: crate::manual::dashboard"]
            #[doc = "[evidence]: crate::manual::evidence"]
            #[doc = "[rules]: crate::manual::rules"]
            #[doc = "[scaling-and-speed]: crate::manual::scaling_and_speed"]
            #[doc = "[security]: crate::manual::security"]
            #[doc = "[server]: crate::manual::server"]
            #[doc = ""]
            #[doc = include_str!(concat!("../assets/manual/", $name, ".md"))]
            pub mod $module {}
        )*
    };
}

chapters! {
    dashboard, "dashboard", "views, keys and filters of the dashboard";
    command_line, "command-line", "commands, options and exit codes";
    configuration, "configuration", "settings, contexts, environment variables and files";
    server, "server", "run a server: options, TLS, limits, the database file";
    api, "api", "the Edge API and the management API";
    rules, "rules", "redirect rules, deployments and exports";
    security, "security", "keys, revocations and the audit log";
    evidence, "evidence", "evidence packs: what they hold and how to check them";
    scaling_and_speed, "scaling-and-speed", "how it scales, and how fast it is";
}
