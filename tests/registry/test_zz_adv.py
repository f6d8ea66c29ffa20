import json, sqlite3
import pytest
from modelshelf.catalog.database import CATALOG
from modelshelf.domain.provenance import *
from modelshelf.domain.errors import *
from modelshelf.registry import Registry
from tests.registry.conftest import *
from tests.registry.linked import edges, head
from tests.registry.test_gc import Calendar, shelf, calendar, blobs
from datetime import timedelta
D1, D2 = "sha256:" + "1"*64, "sha256:" + "2"*64

def hand(r, *st):
    k=sqlite3.connect(r.path/CATALOG)
    for s in st: k.execute(s)
    k.commit(); k.close()

def test_gc_code(shelf, calendar, new_file):
    a=shelf.reproductions.keep(b"diff a"); b=shelf.reproductions.keep(b"diff b")
    shelf.versions.register("m", new_file(), code=Code(commit="abcdef12", patch=a))
    shelf.versions.amend("m:v1", code=Code(commit="abcdef12", patch=b)); n=head(shelf)
    calendar.ahead=timedelta(days=1)
    p=shelf.upkeep.gc_plan(); print("plan 1 day", p.blobs)
    calendar.ahead=timedelta(days=31)
    p=shelf.upkeep.gc_plan(); shelf.upkeep.gc(p)
    print("a kept", a in blobs(shelf), "b", b in blobs(shelf))
    try: shelf.undo.take_back(n); print("undone")
    except ModelshelfError as e: print(e)
    print(shelf.undo.plan(n).refused)
    print(shelf.audit.verify(deep=True).problems)

def test_gc_hostile(shelf, calendar, new_file):
    a=shelf.reproductions.keep(b"diff a")
    shelf.versions.register("m", new_file(), code=Code(commit="abcdef12", patch=a))
    hand(shelf, """update version_text set code='{"patch"'""")
    for f in (shelf.upkeep.gc_plan, lambda: shelf.upkeep.backup(shelf.path.parent/"bk"), lambda: shelf.audit.verify(deep=True)):
        try: print(f())
        except ModelshelfError as e: print("M",e)
    hand(shelf, """update version_text set code='{"patch":{"a":1},"snapshot":5}'""")
    for f in (shelf.upkeep.gc_plan, lambda: shelf.upkeep.backup(shelf.path.parent/"bk2"), lambda: shelf.audit.verify(deep=True)):
        try: print(f())
        except ModelshelfError as e: print("M",e)

def test_leaks_mixed(shelf, new_file):
    shelf.versions.register("m", new_file(), datasets=[Dataset("c", version="4", digest=D1)])
    shelf.versions.register("n", new_file(), base="m:v1", datasets=[Dataset("c","evaluated_on", version="4")])
    print("LEAKS one-sided digest", shelf.lineage.leaks())
def test_hostile_rows(shelf,new_file):
    shelf.versions.register("m", new_file(), datasets=[Dataset("c", version="4", digest=D1)])
    shelf.versions.register("n", new_file(), base="m:v1", datasets=[Dataset("c","evaluated_on", version="4")], card="# x", bases=["hf:o/m"])
    bad=["update version_text set bases='7'","update version_text set datasets='[1]'","update version_text set features='{'","update version_text set metric_sources='[]'","update version_text set inspection='[]'","update version_text set card=x'ff'","update node set label=x'ff'","update edge set label=x'ff'", "insert into edge values (2,'derived_from',99,'told','q')","insert into edge values (1,'zzz',2,'x','q')","insert into edge values (0,'trained_on',0,'x','q')","insert into rejected_edge values (2,'derived_from',1,'r','a',99999999999999999)","insert into reproduction values (5,2,'x','[',null,9223372036854775807,'a')","insert into probe_result values(2,'p','d','d',1,1,'o',9223372036854775807,'a',5)"]
    asks={"of":lambda r:r.lineage.of("n:v1"),"ev":lambda r:r.lineage.events("n:v1"),"imp":lambda r:r.lineage.impact("m:v1"),"path":lambda r:r.lineage.path("m:v1","n:v1"),"com":lambda r:r.lineage.common("m:v1","n:v1"),"obl":lambda r:r.lineage.obligations("n:v1"),"leaks":lambda r:r.lineage.leaks(),"sugg":lambda r:r.lineage.suggestions(),"attempts":lambda r:r.reproductions.list("n:v1"),"detail":lambda r:r.versions.detail("n:v1"),"cmp":lambda r:r.comparisons.compare(["n:v1","m:v1"]),"amend":lambda r:r.versions.amend("n:v1",base="m:v1"),"recipe":lambda r:r.reproductions.recipe("n:v1"),"card":lambda r:r.cards.render("n:v1"),"undo":lambda r:r.undo.plan(None),"search":lambda r:r.versions.search("dataset:c"),"verify":lambda r:r.audit.verify().problems, "imp2":lambda r:r.lineage.impact("dataset:cc"), "beh": lambda r: r.cards.score("n:v1")}
    for s in bad:
        shelf.upkeep.rebuild()
        try: hand(shelf, s)
        except sqlite3.Error as e: print("refused",s,e); continue
        for n,f in asks.items():
            try: 
                x=f(shelf)
                if n=="verify": assert x,(s,x)
            except ModelshelfError as e: pass
            except Exception as e: print("HOLE",s,"|",n,"|",repr(e)[:150])
