package feedtest

import (
	"path/filepath"
	"testing"
)

func TestParseTreeKeepsOrderAndLists(t *testing.T) {
	tree, err := ParseTree([]byte(`{"B":{"v":"1","x":"01"},"A":[{"Z":{"v":"2"}},{"Y":{"v":"3"},"_v":"q","_x":"ff"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Kids) != 3 || tree.Kids[0].Key != "B" || tree.Kids[0].X != "01" || tree.Kids[2].X != "ff" {
		t.Fatalf("%+v", tree)
	}
	if all := tree.All("A"); len(all) != 2 || all[0].Find("Z").V != "2" || all[1].Find("Y").V != "3" || all[1].V != "q" {
		t.Fatalf("%+v", all)
	}
	if _, err := ParseTree([]byte(`{"A":{"v":"1"`)); err == nil {
		t.Fatal("a cut tree was accepted")
	}
}

func TestName(t *testing.T) {
	for label, want := range map[string]string{"Stock Locate": "stock_locate", "Level 1": "level_1", "A (B)-c": "a_b_c"} {
		if got := Name(label); got != want {
			t.Errorf("%q: %q, want %q", label, got, want)
		}
	}
}

// Small captures must be walked whole, TCP and odd headers included.
func TestGoldenDirWalksTheCaptures(t *testing.T) {
	root := Captures(t)
	for family, want := range map[string]int{"nasdaq-itch50": 137, "nasdaq-bbo21": 13, "iex-deepplus10": 11, "cme-mdp3/Mdp3.Sbe.v1.12": 3} {
		got := 0
		GoldenDir(t, filepath.Join(root, family), func(string, int, []byte, *Node) { got++ })
		if got != want {
			t.Errorf("%s: %d packets, want %d", family, got, want)
		}
	}
}
