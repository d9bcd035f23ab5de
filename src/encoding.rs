//! Which encoding a text is in, by its first bytes.

/// Encodings with more than one byte a character.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wide {
    /// Two bytes, the lower one first.
    Utf16Le,
    /// Two bytes, the upper one first.
    Utf16Be,
    /// Four bytes, the lowest one first.
    Utf32Le,
    /// Four bytes, the highest one first.
    Utf32Be,
}

impl Wide {
    /// What a text that begins with these bytes is encoded in: as its byte order mark says, or where its zeros are.
    pub fn of(bytes: &[u8]) -> Option<Wide> {
        match bytes {
            [0xff, 0xfe, 0, 0, ..] => return Some(Wide::Utf32Le),
            [0, 0, 0xfe, 0xff, ..] => return Some(Wide::Utf32Be),
            [0xff, 0xfe, ..] => return Some(Wide::Utf16Le),
            [0xfe, 0xff, ..] => return Some(Wide::Utf16Be),
            _ => {}
        }
        // Text in western letters has a zero beside nearly each of them; other bytes hold hardly any.
        let (mut zeros, mut seen) = ([0_usize; 4], 0);
        for four in bytes.chunks_exact(4).take(1024) {
            for (count, byte) in zeros.iter_mut().zip(four) {
                *count += usize::from(*byte == 0);
            }
            seen += 1;
        }
        let many = |at: usize| seen > 0 && zeros[at] * 4 >= seen * 3;
        let few = |at: usize| zeros[at] * 4 <= seen;
        match (many(0), many(1), many(2), many(3)) {
            (false, true, true, true) if few(0) => Some(Wide::Utf32Le),
            (true, true, true, false) if few(3) => Some(Wide::Utf32Be),
            (false, true, false, true) if few(0) && few(2) => Some(Wide::Utf16Le),
            (true, false, true, false) if few(1) && few(3) => Some(Wide::Utf16Be),
            _ => None,
        }
    }
}
