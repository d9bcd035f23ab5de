//! The views by name.

/// A view, in the order of the tabs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum View {
    /// 1: projects.
    Projects,
    /// 2: keys of a project or of all.
    Keys,
    /// 3: keys that nobody has used for long.
    Stale,
    /// 4: what was done, by whom.
    Audit,
    /// 5: access reviews.
    Reviews,
    /// 6: the nodes that serve the Edge API.
    Nodes,
}

impl View {
    /// All of them, in the order of the tabs.
    pub const ALL: [View; 6] =
        [View::Projects, View::Keys, View::Stale, View::Audit, View::Reviews, View::Nodes];

    /// The name on its tab.
    pub const fn tab(self) -> &'static str {
        match self {
            View::Projects => "Projects",
            View::Keys => "Keys",
            View::Stale => "Stale",
            View::Audit => "Audit",
            View::Reviews => "Reviews",
            View::Nodes => "Nodes",
        }
    }
}
