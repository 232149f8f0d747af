//! The protocol buffer `ModelMetrics` of NAS-Bench-101, in base64: `evaluation_data` = 1 (repeated),
//! `trainable_parameters` = 2, `total_time` = 3; of an evaluation `current_epoch` = 1, `training_time` = 2,
//! `train_accuracy` = 3, `validation_accuracy` = 4, `test_accuracy` = 5, and in EC-NAS `energy` = 6, `co2eq` = 7. Other
//! fields (paths, carbon intensities, predictions) are skipped by their wire type.

/// One evaluation during a training.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Evaluation {
    pub(super) epoch: f64,
    pub(super) training_time_s: f64,
    pub(super) train: f64,
    pub(super) valid: f64,
    pub(super) test: f64,
    /// Kilowatt hours; EC-NAS's files have it.
    pub(super) energy_kwh: Option<f64>,
    /// Grams of carbon dioxide that stand for them.
    pub(super) co2eq_g: Option<f64>,
}

/// What a training gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ModelMetrics {
    pub(super) evaluations: Vec<Evaluation>,
    pub(super) params: u64,
    pub(super) total_time_s: f64,
}

impl ModelMetrics {
    /// Reads a message.
    ///
    /// # Errors
    /// When the bytes are no such message.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut metrics = Self::default();
        for field in Fields(bytes) {
            match field? {
                (1, Field::Bytes(inner)) => metrics.evaluations.push(Evaluation::read(inner)?),
                (2, Field::Varint(params)) => metrics.params = params,
                (3, Field::Fixed(time)) => metrics.total_time_s = time,
                _ => {}
            }
        }
        Ok(metrics)
    }
}

impl Evaluation {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut evaluation = Self::default();
        for field in Fields(bytes) {
            let (number, Field::Fixed(value)) = field? else {
                continue;
            };
            match number {
                1 => evaluation.epoch = value,
                2 => evaluation.training_time_s = value,
                3 => evaluation.train = value,
                4 => evaluation.valid = value,
                5 => evaluation.test = value,
                6 => evaluation.energy_kwh = Some(value),
                7 => evaluation.co2eq_g = Some(value),
                _ => {}
            }
        }
        Ok(evaluation)
    }
}

/// A field's value, by wire type.
enum Field<'b> {
    Varint(u64),
    Fixed(f64),
    Bytes(&'b [u8]),
    Skipped,
}

/// Fields of a message.
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], String> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or("a message is cut short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a message's number has more than ten bytes".into())
    }

    fn field(&mut self) -> Result<(u64, Field<'b>), String> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => {
                let mut eight = [0; 8];
                eight.copy_from_slice(self.take(8)?);
                Field::Fixed(f64::from_le_bytes(eight))
            }
            2 => {
                let length =
                    usize::try_from(self.varint()?).map_err(|_| "a message is cut short")?;
                Field::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Field::Skipped)?,
            wire => return Err(format!("wire type {wire} is none of a message")),
        };
        Ok((key >> 3, value))
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = Result<(u64, Field<'b>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Marks a character that is none of base64.
const STRAY: u8 = 0xff;
/// Marks a line break, which is skipped.
const BREAK: u8 = 0xfe;
/// Marks the padding at the end.
const PADDING: u8 = 0xfd;
/// The six bits of each character.
const SIX_BITS: [u8; 256] = six_bits();

const fn six_bits() -> [u8; 256] {
    let mut bits = [STRAY; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < alphabet.len() {
        bits[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    bits[b'\n' as usize] = BREAK;
    bits[b'\r' as usize] = BREAK;
    bits[b'=' as usize] = PADDING;
    bits
}

/// Decodes base64 (RFC 4648), skipping the line breaks that Python's `encodestring` puts in.
///
/// # Errors
/// When a character is none of base64.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes() {
        let six = SIX_BITS[usize::from(byte)];
        match six {
            0..64 => {}
            BREAK => continue,
            PADDING => break,
            _ => return Err(format!("byte 0x{byte:02x} is not of base64")),
        }
        bits = (bits << 6) | u32::from(six);
        count += 1;
        if count == 4 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, count) = (0, 0);
        }
    }
    match count {
        0 => {}
        2 => bytes.push((bits >> 4) as u8),
        3 => bytes.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => return Err("base64 is cut short".into()),
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `base64.encodestring(b'any carnal pleas')` and shorter, of RFC 4648's kind.
    #[test]
    fn base64_of_every_remainder() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YQ==\n", b"a"),
            ("YW4=\n", b"an"),
            ("YW\n55", b"any"),
            ("YW55IGNhcm5hbCBwbGVhcw==", b"any carnal pleas"),
        ] {
            assert_eq!(base64(text).expect("base64"), bytes, "{text}");
        }
        base64("Y").expect_err("cut short");
        base64("Y!==").expect_err("a stray character");
    }

    /// `ModelMetrics(evaluation_data=[EvaluationData(current_epoch=4., training_time=2.5, train_accuracy=1.,
    /// validation_accuracy=.5, test_accuracy=.25, checkpoint_path='x')], trainable_parameters=300, total_time=8.)`
    #[test]
    fn a_message_by_hand() {
        let double = |number: u8, value: f64| {
            [vec![(number << 3) | 1], value.to_le_bytes().to_vec()].concat()
        };
        let inner = [
            double(1, 4.0),
            double(2, 2.5),
            double(3, 1.0),
            double(4, 0.5),
            double(5, 0.25),
            vec![(6 << 3) | 2, 1, b'x'],
        ]
        .concat();
        let message = [
            vec![(1 << 3) | 2, inner.len() as u8],
            inner,
            vec![2 << 3, 0xac, 0x02],
            double(3, 8.0),
        ]
        .concat();
        let metrics = ModelMetrics::read(&message).expect("a message");
        assert_eq!(metrics.params, 300);
        assert_eq!(metrics.total_time_s, 8.0);
        let [e] = metrics.evaluations[..] else {
            panic!("one evaluation");
        };
        assert_eq!(
            (e.epoch, e.training_time_s, e.train, e.valid, e.test),
            (4.0, 2.5, 1.0, 0.5, 0.25)
        );
        for cut in 1..message.len() {
            if let Ok(part) = ModelMetrics::read(&message[..cut]) {
                assert_ne!(part, metrics);
            }
        }
    }

    proptest! {
        #[test]
        fn hostile_messages_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), text in ".{0,50}") {
            let _ = ModelMetrics::read(&bytes);
            let _ = base64(&text);
        }
    }
}
