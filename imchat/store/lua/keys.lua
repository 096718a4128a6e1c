-- Every key name of a site is made here and nowhere else. Uids and desks hold no ":".

local keys = {}
local site = ""

function keys.begin(prefix)
  site = prefix .. ":"
end

-- allocation
function keys.tier(desk, n) return site .. "tier:" .. desk .. ":" .. n end -- zset: agent by order of arrival
function keys.queue(desk) return site .. "queue:" .. desk end              -- zset: chat by ticket
function keys.pace(desk) return site .. "pace:" .. desk end                -- hash: how fast the queue moves
function keys.desks() return site .. "desks" end                           -- set: desks that have agents or a queue
function keys.staff(desk) return site .. "staff:" .. desk end              -- zset: its agents that are not offline, by capacity
function keys.agents() return site .. "agents" end                         -- set: agents that are not offline
function keys.agent(uid) return site .. "agent:" .. uid end                -- hash: name, state, capacity, desks, moved
function keys.serving(uid) return site .. "serving:" .. uid end            -- set: an agent's open chats
function keys.arrivals() return site .. "arrivals" end                     -- counter: the order of arrival in a tier

-- chats
function keys.tickets() return site .. "tickets" end                       -- counter: the last ticket, which is a chat's id
function keys.open(uid) return site .. "open:" .. uid end                  -- string: a customer's open chat
function keys.chat(id) return site .. "chat:" .. id end                    -- hash: the life of a chat
function keys.asked(uid) return site .. "asked:" .. uid end                -- hash: a call of the uid -> the chat that it opened or moved
function keys.ended(uid) return site .. "ended:" .. uid end                -- hash: chat and peer -> when it ended between them; an agent's for a day, a customer's as long as the chat
function keys.notes(uid) return site .. "notes:" .. uid end                -- list: what the staff noted of a customer
function keys.totals() return site .. "totals" end                         -- hash: counts since the site began

-- By bytes: `<` asks the server's locale, and a conversation must be found after a change of it.
local function precedes(a, b)
  for i = 1, math.min(#a, #b) do
    local one, other = string.byte(a, i), string.byte(b, i)
    if one ~= other then return one < other end
  end
  return #a < #b
end

-- conversations; one of two uids, whoever they are
local function pair(a, b)
  if precedes(a, b) then return a .. ":" .. b end
  return b .. ":" .. a
end

function keys.history(a, b) return site .. "history:" .. pair(a, b) end    -- hash: seq -> message
function keys.seq(a, b) return site .. "seq:" .. pair(a, b) end            -- counter: the last seq
function keys.conversation(a, b)                                           -- both, and hash: sender and id -> seq, chat and time of it
  local names = pair(a, b)
  return site .. "history:" .. names, site .. "seq:" .. names, site .. "sent:" .. names
end

-- presence
function keys.role(uid) return site .. "role:" .. uid end                  -- string: the one role of a uid
function keys.presence(uid) return site .. "presence:" .. uid end          -- hash: connection -> node
function keys.held(node) return site .. "held:" .. node end                -- hash: connection -> uid
function keys.grace() return site .. "grace" end                           -- zset: uid by deadline
function keys.swept() return site .. "swept" end                           -- string: when somebody swept last
function keys.nodes() return site .. "nodes" end                           -- zset: node by the end of its lease

-- streams
function keys.inbox(node) return site .. "inbox:" .. node end
function keys.events() return site .. "events" end
function keys.rewritten() return site .. "rewritten" end                   -- the log without somebody, as far as it is written
function keys.rewriting() return site .. "rewriting" end                   -- string: which call writes it

-- what was measured; kept longer than the log that it is counted from
function keys.folded() return site .. "folded" end                         -- hash: up to which event, and who waits by then
function keys.rollup(cell) return site .. "rollup:" .. cell end            -- hash: measures of a day, an agent and a desk
function keys.cells(day) return site .. "cells:" .. day end                -- set: agent and desk of the day's rollups
function keys.trend(desk, hour) return site .. "trend:" .. desk .. ":" .. hour end -- hash: step -> queue, arrivals
function keys.today(day) return site .. "today:" .. day end                -- hash: desk and measure -> sum

-- For the audit alone: the pattern of all keys, and a key's kind and what makes it this one.
function keys.all() return site .. "*" end
function keys.parse(key) return string.match(string.sub(key, #site + 1), "^(%l+):?(.*)$") end
