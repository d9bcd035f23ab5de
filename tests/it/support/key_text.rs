//! Key texts made by hand: with the handle a test asks for, and a right checksum.

use keydeck::secret::{Kind, Secret};
use keydeck::store::Verifier;
use keydeck::wire::id::{KeyId, ProjectId};

/// A key of this kind with this handle; `seed` makes the rest.
pub(crate) fn key_text(kind: Kind, handle: &str, seed: u32) -> Secret {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let before = format!("{}{handle}{seed:022}", kind.prefix());
    let mut rest = crc32fast::hash(before.as_bytes()) as usize;
    let mut sum = Vec::new();
    for _ in 0..6 {
        sum.insert(0, char::from(DIGITS[rest % 62]));
        rest /= 62;
    }
    let text: String = before.chars().chain(sum).collect();
    Secret::parse(&text).expect("a handle of four letters or digits and a right checksum")
}

/// What a store would say of a key.
pub(crate) fn verifier(secret: &Secret, id: u128, project: u128, active: bool) -> Verifier {
    Verifier {
        id: KeyId::from_number(id),
        project: ProjectId::from_number(project),
        hint: secret.hint(),
        hash: secret.hash().expect("the generator works"),
        active,
        paused: false,
        revoked: !active,
    }
}
