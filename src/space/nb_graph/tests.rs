use super::*;
use crate::space::conformance::sha256_hex;

/// From the published package, `nas_bench_graph.architecture`:
/// `for lk in link_list: for ops in itertools.product(gnn_list, repeat=4):`
/// `h.update(Arch(lk[:], list(ops)).valid_hash().to_bytes(4, 'little'))`
#[test]
fn canonical_forms_are_the_published_ones() {
    let space = NbGraph::full();
    let hashes = (0..space.raw_size()).map(|i| space.hash_of(&space.at_index(i)));
    assert_eq!(
        sha256_hex(hashes),
        "6d6f8407c6671665f5c1f4668406b5f81751ed0485dfd2e22a6ecac96a2b6624"
    );
}

/// The same loop with `lk` over the 24 lists of `itertools.product(range(4), repeat=4)` with `lk[i] <= i`.
#[test]
fn links_in_any_order_reach_the_published_canonical_form() {
    let space = NbGraph::full();
    let orders = (0..256_u32)
        .map(|code| [code >> 6, code >> 4, code >> 2, code].map(|link| link & 3))
        .filter(|links| (0..).zip(links).all(|(node, &link)| link <= node));
    let texts = orders.flat_map(|links| {
        let links: String = links.iter().map(u32::to_string).collect();
        (0..9_u32.pow(4)).map(move |ops| {
            let names = digits::<9, 4>(ops).map(|op| OPERATIONS[op as usize]);
            format!("{links}:{}", names.join(","))
        })
    });
    let hashes = texts.map(|text| space.hash_of(&space.parse(&text).expect("published order")));
    assert_eq!(
        sha256_hex(hashes),
        "878db61e0ecc2f39d607cf4137595cfa27677fb2337f68708851129c8ede297f"
    );
}

/// The published tables hold 26,206 architectures (proteins 2,021).
#[test]
fn classes_are_as_many_as_the_published_rows() {
    assert_eq!(NbGraph::full().class_count(), 26_206);
    assert_eq!(NbGraph::proteins().class_count(), 2_021);
}

#[test]
fn only_skip_connections_is_no_network() {
    for space in [NbGraph::full(), NbGraph::proteins()] {
        let skips = space.from_hash(38888).expect("a raw architecture");
        assert!(!space.is_valid(&skips));
        assert_eq!(space.hash_of(&skips), 88888);
    }
}

#[test]
fn proteins_has_the_classes_and_integers_of_the_full_space() {
    let (full, proteins) = (NbGraph::full(), NbGraph::proteins());
    for index in 0..proteins.raw_size() {
        let arch = proteins.at_index(index);
        let same = full.parse(&proteins.display(&arch)).expect("a subset");
        assert_eq!(proteins.hash_of(&arch), full.hash_of(&same));
    }
}

#[test]
fn published_integers_round_trip() {
    let space = NbGraph::full();
    for index in 0..space.raw_size() {
        let arch = space.canonical(&space.at_index(index));
        let hash = space.hash_of(&arch);
        assert_eq!(space.from_hash(hash), Ok(arch));
        assert_eq!(space.parse(&hash.to_string()), Ok(arch));
    }
}

#[test]
fn malformed_texts_say_what_was_expected() {
    let space = NbGraph::proteins();
    let error = |text: &str| space.parse(text).expect_err(text).to_string();
    assert!(error("0001:gcn,sagee,fc,fc").ends_with("did you mean `sage`?"));
    assert!(error("0001:gat,gcn,fc,fc").contains("unknown operation `gat`"));
    assert!(error("0001:gcn,gcn,fc").contains("four operations"));
    assert!(error("0001:gcn,gcn,fc,fc,fc").contains("four operations"));
    assert!(error("1000:gcn,gcn,fc,fc").contains("earlier node"));
    assert!(error("000:gcn,gcn,fc,fc").contains("earlier node"));
    assert!(error("10111").contains("not an architecture"));
    for text in ["", "+1111", "011111", "4294967296", "91111", "19111"] {
        assert!(space.parse(text).is_err(), "{text}");
    }
}
