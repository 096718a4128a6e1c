-- What calls have done, so that one that is made again, as its reply was lost, does it once.

local asked = {}
local ASKED_S = 60 -- longer than any call is repeated

-- Reads: asked. Returns: what was noted of this very call of the uid, or nil.
function asked.recall(uid, name)
  return command("HGET", keys.asked(uid), name) or nil
end

-- Writes: asked.
function asked.note(uid, name, what)
  command("HSETEX", keys.asked(uid), "EX", ASKED_S, "FIELDS", 1, name, what)
end
