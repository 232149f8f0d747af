//! A pickle writer for tests: plain values in protocol 2, as `pickle.dumps` writes them but for the memo.

/// A plain Python value.
#[derive(Clone)]
pub enum Py {
    None,
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Py>),
    Tuple(Vec<Py>),
    Dict(Vec<(Py, Py)>),
}

impl Py {
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// `{'key': value, …}`
    pub fn dict(entries: Vec<(&str, Py)>) -> Self {
        Self::Dict(
            entries
                .into_iter()
                .map(|(key, value)| (Self::text(key), value))
                .collect(),
        )
    }

    /// `[1.0, …]`
    pub fn floats(values: &[f64]) -> Self {
        Self::List(values.iter().map(|v| Self::Float(*v)).collect())
    }

    /// `pickle.dumps(self, protocol=2)`
    pub fn dumps(&self) -> Vec<u8> {
        let mut out = vec![0x80, 2];
        self.write(&mut out);
        out.push(b'.');
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        let all = |items: &[Py], out: &mut Vec<u8>| {
            out.push(b'(');
            items.iter().for_each(|item| item.write(out));
        };
        match self {
            Self::None => out.push(b'N'),
            Self::Int(value) => {
                out.extend([0x8a, 8]);
                out.extend(value.to_le_bytes());
            }
            Self::Float(value) => {
                out.push(b'G');
                out.extend(value.to_be_bytes());
            }
            Self::Text(text) => {
                out.push(b'X');
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text.as_bytes());
            }
            Self::List(items) => {
                out.push(b']');
                all(items, out);
                out.push(b'e');
            }
            Self::Tuple(items) => {
                all(items, out);
                out.push(b't');
            }
            Self::Dict(entries) => {
                out.extend(b"}(");
                for (key, value) in entries {
                    key.write(out);
                    value.write(out);
                }
                out.push(b'u');
            }
        }
    }
}
