-- Storing messages: a batch of any conversations in one go. What is known of a conversation is
-- read once for all its messages in the batch and written once, as a command costs more than
-- what it does.

local talks = {}
local SENT_S = 86400
local PUT_OFF_MS = 3600000 -- how often the end of a counter is put off, at most

-- Returns: the customer and the agent of a message.
function talks.sides(sender, to, role)
  if role == "customer" then return sender, to end
  return to, sender
end

-- Reads: seq.
function talks.last_seq(one, other)
  return tonumber(command("GET", keys.seq(one, other)) or 0)
end

-- A batch is one flat list, as a table for each message costs more than the message.
-- Returns: sender, to, the sender's role, id, tail and the connection that it came over.
local WIDTH = 6
local function message(batch, place)
  return unpack(batch, (place - 1) * WIDTH + 1, place * WIDTH)
end

-- Reads: sent, open. Returns: by conversation which messages of a batch are its own, in order;
-- with its open chat, if the customer has one, and with what was acked before.
local function gather(batch)
  local found, by_sides, opens = {}, {}, {}
  for place = 1, #batch / WIDTH do
    local sender, to, role, id = message(batch, place)
    local customer, agent = talks.sides(sender, to, role)
    local name = customer .. ":" .. agent
    local talk = by_sides[name]
    if not talk then
      talk = { customer = customer, agent = agent, places = {}, fields = {}, known = false,
        chat = false, history = false, seqs = false, sent = false }
      talk.history, talk.seqs, talk.sent = keys.conversation(customer, agent)
      by_sides[name] = talk
      found[#found + 1] = talk
      opens[#opens + 1] = keys.open(customer)
    end
    local n = #talk.places + 1
    talk.places[n], talk.fields[n] = place, sender .. ":" .. id
  end
  opens = command("MGET", unpack(opens))
  for n, talk in ipairs(found) do
    talk.chat = opens[n]
    talk.known = command("HMGET", talk.sent, unpack(talk.fields))
  end
  return found
end

-- Sorts out what was stored before, also by this batch. Returns: the field in `sent` of each
-- message that is new, by its place, and these places.
local function only_new(talk, results, same)
  local fields, places, first = {}, {}, {}
  for n, place in ipairs(talk.places) do
    local field, known = talk.fields[n], talk.known[n]
    if known then
      local seq, chat, at = string.match(known, "^(%d+):(%d+):(%d+)$")
      results[place] = { tonumber(seq), chat, tonumber(at) }
    elseif first[field] then
      same[place] = first[field]
    else
      first[field] = place
      fields[#fields + 1], places[#places + 1] = field, place
    end
  end
  return places, fields
end

-- Writes: seq. Returns: the seq before the first of so many new messages; until when the counter
-- lives, if that was put off. It outlives every message that it numbers, by a day less the hour
-- in which it is not put off again, also one that was to live longer than those of now.
local function number(key, count, kept_until)
  local last = command("INCRBY", key, count)
  local keep_s = call.settings.keep_s + SENT_S
  local till = call.now + keep_s * 1000
  if kept_until and till - kept_until < PUT_OFF_MS then return last - count end
  command("EXPIRE", key, keep_s, last == count and "NX" or "GT")
  return last - count, till
end

-- Writes: seq, history, sent, chat. `tail` is the end of a message's JSON, from the id on; only
-- what Lua knows is put before it.
local function store(batch, talk, chat, new, fields, results, stored)
  local last, kept_until = number(talk.seqs, #new, tonumber(chat[2]))
  local kept = { "EX", call.settings.keep_s, "FIELDS", #new }
  local acked = { "EX", SENT_S, "FIELDS", #new }
  local begin, stamp = '{"v":1,"chat":"' .. talk.chat .. '","seq":', ',"at":' .. call.stamp
  local of_chat = ":" .. talk.chat .. ":" .. call.stamp
  local senders = {}
  for n, place in ipairs(new) do
    local seq, sender, to, _, _, tail = last + n, message(batch, place)
    local json = begin .. seq .. stamp .. ',"from":"' .. sender .. '","to":"' .. to .. '",' .. tail
    kept[3 + 2 * n], kept[4 + 2 * n] = seq, json
    acked[3 + 2 * n], acked[4 + 2 * n] = fields[n], seq .. of_chat
    stored[place], senders[n] = json, sender
    results[place] = { seq, talk.chat, call.now }
  end
  command("HSETEX", talk.history, unpack(kept))
  command("HSETEX", talk.sent, unpack(acked))
  local change = reports.count(talk.customer, senders, unpack(chat, 3))
  if kept_until then
    change[#change + 1] = "seq_until"
    change[#change + 1] = kept_until
  end
  command("HSET", keys.chat(talk.chat), unpack(change))
end

-- Reads: chat. Stores what is new of a conversation, or refuses it.
local function take(batch, talk, results, same, stored)
  local new, fields = only_new(talk, results, same)
  if #new == 0 then return end
  local chat = talk.chat
    and command("HMGET", keys.chat(talk.chat), "agent", "seq_until", unpack(reports.FIELDS))
  if chat and chat[1] == talk.agent then
    return store(batch, talk, chat, new, fields, results, stored)
  end
  for _, place in ipairs(new) do
    local _, to = message(batch, place)
    results[place] = { 0, "", 0, "not_found", "there is no open chat between you and " .. to }
  end
end

-- Writes: totals, and what `store` does. Stores a batch and tells who should hear, in order.
-- Returns: for each in order seq, chat and time of it, or why it is refused; the JSON of
-- those that were not stored before, by their place in the batch.
function talks.post(batch)
  local results, same, stored = {}, {}, {}
  for _, talk in ipairs(gather(batch)) do take(batch, talk, results, same, stored) end
  local count = 0
  for place = 1, #batch / WIDTH do
    if same[place] then results[place] = results[same[place]] end
    if stored[place] then
      count = count + 1
      local sender, to, _, _, _, except = message(batch, place)
      local fact = { fact = "posted", message = stored[place] }
      call.tell(to, fact)
      call.tell(sender, fact, except)
    end
  end
  if count > 0 then call.count("messages", count) end
  return results, stored
end
