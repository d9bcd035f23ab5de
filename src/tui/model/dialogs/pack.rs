//! An evidence pack: where it is to go, and its head once it is there; and the command that creates one elsewhere.

use super::form::Form;
use crate::pack;
use crate::tui::model::action::Action;
use crate::tui::model::dialogs::OpenDialog;
use crate::tui::model::dialogs::interaction::{Answer, DialogLogic, Facts, Notice, PackScope, Step};
use crate::tui::model::effect::{CopyText, Effect, Request};
use crate::tui::model::event::{PackCreated, Reply};
use crate::tui::model::hints::{Hint, Input, Text};
use crate::tui::model::messages::Level;
use crate::wire::reports::NewReport;
use crate::wire::reviews::{Review, ReviewStatus};

/// The dialog.
#[derive(Clone, PartialEq, Debug)]
pub struct PackDialog {
    /// Which keys it is about.
    pub scope: PackScope,
    /// The path.
    pub form: Form,
    /// What was created.
    pub created: Option<PackCreated>,
    /// What became of the last copy of the head.
    pub copied: Option<(Level, String)>,
    /// The name of the file where no other is typed.
    name: String,
}

impl PackDialog {
    /// A pack of these keys. The demo writes no file unless a path is typed.
    pub fn new(scope: PackScope, facts: Facts<'_>) -> PackDialog {
        let name = format!("{}.tar.gz", pack::usual_name(facts.server_now));
        let form = if facts.setup.demo { Form::default() } else { Form::suggesting(&name) };
        PackDialog { scope, form, created: None, copied: None, name }
    }

    /// The review to be signed with the head of this pack.
    fn awaits_signature(&self) -> Option<&Review> {
        self.scope.review.as_deref().filter(|review| review.status == ReviewStatus::Executed)
    }

    fn request(&self, form: &Form) -> Result<Option<Request>, String> {
        let place = if form.field.is_suggestion() { None } else { Some(form.field.file_place(&self.name)?) };
        let report = NewReport {
            review: self.scope.review.as_ref().map(|review| review.id),
            filter: self.scope.filter.clone(),
            previous_pack: None,
        };
        Ok(Some(Request::CreatePack { report, name: self.name.clone(), place }))
    }
}

impl DialogLogic for PackDialog {
    fn on(&mut self, _: Facts<'_>, input: Input<'_>) -> Vec<Step> {
        if let Some(created) = &self.created {
            let head = created.verified.as_ref().map(|pack| pack.head.clone());
            return match (input, head, self.awaits_signature()) {
                (Input::Do(Action::CopyMask), Ok(head), _) => {
                    vec![Step::Effect(Effect::Copy(CopyText::Public("head", head.to_string())))]
                }
                (Input::Do(Action::Execute), Ok(head), Some(review)) => {
                    let open = OpenDialog::SignReview(Box::new(review.clone()), Some(head));
                    vec![Step::Close, Step::Open(open)]
                }
                (Input::Do(Action::Submit | Action::Cancel), ..) => vec![Step::Close],
                _ => Vec::new(),
            };
        }
        let mut form = std::mem::take(&mut self.form);
        let steps = form.on(input, |form| self.request(form));
        self.form = form;
        steps
    }

    fn replied(&mut self, _: Facts<'_>, asked: &Request, answer: Answer<'_>) -> Vec<Step> {
        if let Ok(Reply::PackCreated(created)) = answer {
            self.created = Some((**created).clone());
            return Vec::new();
        }
        self.form.replied(asked, answer)
    }

    fn notified(&mut self, _: Facts<'_>, notice: &Notice) -> Option<Vec<Step>> {
        let Notice::CopiedText(copied) = notice else { return None };
        self.copied = Some(copied.clone());
        Some(Vec::new())
    }

    fn hints(&self) -> Vec<Hint> {
        let Some(created) = &self.created else {
            return self.form.hints(Hint::new(&[Action::Submit], "create the pack").or("create"));
        };
        if created.verified.is_err() {
            return vec![Hint::new(&[Action::Submit, Action::Cancel], "close")];
        }
        let mut hints = vec![Hint::new(&[Action::CopyMask], "copy the head").or("copy")];
        if self.awaits_signature().is_some() {
            hints.push(Hint::new(&[Action::Execute], "sign the review").or("sign"));
        }
        hints.push(Hint::new(&[Action::Submit, Action::Cancel], "close"));
        hints
    }

    fn text(&self) -> Text {
        if self.created.is_some() { Text::Refused } else { self.form.text() }
    }
}

/// The command that creates the pack to sign, as it works wherever the server or database can be reached.
pub(in crate::tui) fn pack_command(review: &Review, facts: Facts<'_>) -> String {
    let place = match data_place(facts) {
        DataPlace::Server(url) => format!(" --server {}", shell_word(url)),
        DataPlace::Database(url) => format!(" --database {}", shell_word(url)),
        DataPlace::Here | DataPlace::Demo => String::new(),
    };
    format!("keydeck audit report --review {}{place}", review.id)
}

/// What is needed for that command, or why it does not work. True for every reader, whether or not a server runs.
pub(in crate::tui) fn pack_needs(facts: Facts<'_>) -> &'static str {
    match data_place(facts) {
        DataPlace::Server(_) => "Anyone who runs it needs a token of their own (`keydeck login URL`).",
        DataPlace::Database(_) => "Anyone who runs it needs access to this database.",
        DataPlace::Here => "It works on this machine only. Others need `keydeck serve` and a token.",
        DataPlace::Demo => "The command does not work in the demo: its data exists in this window only.",
    }
}

/// Where the data is, for a command that another person runs.
enum DataPlace<'a> {
    /// A server with this URL.
    Server(&'a str),
    /// A database with this URL.
    Database(&'a str),
    /// The usual database of this user.
    Here,
    /// In the memory of this process.
    Demo,
}

fn data_place(facts: Facts<'_>) -> DataPlace<'_> {
    let here = facts.setup.contexts.here();
    match here.map_or(&*facts.connection.place.server, |context| &context.place) {
        _ if facts.setup.demo => DataPlace::Demo,
        url if url.starts_with("http") => DataPlace::Server(url),
        url if url.contains(':') => DataPlace::Database(url),
        _ => DataPlace::Here,
    }
}

/// A word of a command, quoted where the shell would read something else.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=~".contains(c);
    // The shell expands `~` at the beginning to a home directory, and zsh expands `=` to the path of a program.
    if word.chars().all(plain) && !word.starts_with(['~', '=']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
