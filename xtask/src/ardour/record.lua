-- A session in Ardour 7, on its dummy backend: without display, sound card or realtime rights.
--
--   ardour7-lua record.lua PLUGIN SESSION_FOLDER OUT_FOLDER SECONDS [NAME=VALUE ...] [/ [NAME=VALUE ...]] ...
--
-- Loads the VST3 named PLUGIN on a track, sets its parameters (values between 0 and 1), saves, reopens,
-- plays for SECONDS of song, and records the plugin's MIDI on a second track, which it exports as 1.mid.
-- Each "/" begins another instance, on tracks of its own.
-- With SECONDS at 0 it ends once the session is saved.

local plugin_name, folder, out, seconds = arg[1], arg[2], arg[3], tonumber(arg[4])
local instances = { {} }
for i = 5, #arg do
  if arg[i] == "/" then
    table.insert(instances, {})
  else
    local name, value = arg[i]:match("^(.-)=(.+)$")
    instances[#instances][name] = tonumber(value)
  end
end
local SAMPLE_RATE = 48000
local NAME = "daw"

local function fail(reason)
  print("FAIL " .. reason)
  os.exit(1)
end

local backend = AudioEngine:set_backend("None (Dummy)", "Unit-Test", "")
if backend:isnil() then fail("no dummy backend") end
backend:set_driver("10x Speed")
backend:set_buffer_size(1024)

local function add_track(session, name)
  local one = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
  local tracks = session:new_midi_track(one, one, false, ARDOUR.PluginInfo(), nil, nil, 1, name,
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, false, false)
  for track in tracks:iter() do return track end
end

-- The names of an instance's tracks.
local function track_names(number)
  if number == 1 then return "Gen", "Rec" end
  return "Gen " .. number, "Rec " .. number
end

-- Sets the requested parameters.
local function set_parameters(processor, wanted)
  local plugin = processor:to_insert():plugin(0)
  for i = 0, plugin:parameter_count() - 1 do
    local _, results = plugin:get_parameter_descriptor(i, ARDOUR.ParameterDescriptor())
    local descriptor = results[2]
    local value = wanted[descriptor.label]
    if value and plugin:parameter_is_input(i) then
      local plain = descriptor.lower + value * (descriptor.upper - descriptor.lower)
      ARDOUR.LuaAPI.set_processor_param(processor, i, plain)
      print("set " .. descriptor.label .. " to " .. plain)
      wanted[descriptor.label] = nil
    end
  end
  for name in pairs(wanted) do fail("no parameter " .. name) end
end

-- Adds the plugin on one track, its MIDI routed to another.
local function add_instance(session, number, wanted)
  local source_name, sink_name = track_names(number)
  local source, sink = add_track(session, source_name), add_track(session, sink_name)
  -- Ardour 7.3 connects new tracks on a thread of its own, which holds its queue while it waits for the
  -- process lock; adding a plugin holds that lock and waits for the queue. Without a pause they deadlock.
  sleep(1.0)
  local processor = ARDOUR.LuaAPI.new_plugin(session, plugin_name, ARDOUR.PluginType.VST3, "")
  if processor:isnil() then fail("the plugin does not load") end
  source:add_processor_by_index(processor, 0, nil, true)
  set_parameters(processor, wanted)
  if source:output():midi(0):connect(sink:input():midi(0):name()) ~= 0 then fail("not connected") end
end

local function make()
  local session = create_session(folder, NAME, SAMPLE_RATE)
  if not session then fail("no session") end
  for number, wanted in ipairs(instances) do add_instance(session, number, wanted) end
  -- The process thread applies parameter changes; saved at once, they would be lost.
  sleep(1.0)
  session:save_state("", false, false, false, false, false)
end

-- Recorded notes stay where they were received; Ardour's default shifts them by latencies.
local function align_to_capture_time()
  local path = folder .. "/" .. NAME .. ".ardour"
  local file = io.open(path)
  local text = file:read("*a")
  file:close()
  text = text:gsub('alignment%-choice="%w+"', 'alignment-choice="UseCaptureTime"')
  file = io.open(path, "w")
  file:write(text)
  file:close()
end

-- Plays and records. Returns the tracks.
local function roll(session)
  local tracks = {}
  for number in ipairs(instances) do
    local _, name = track_names(number)
    local track = session:route_by_name(name):to_track()
    if not track:input():midi(0):connected() then fail("the connection was not saved") end
    track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
    tracks[number] = track
  end
  session:request_locate(0, false, ARDOUR.LocateTransportDisposition.MustStop,
    ARDOUR.TransportRequestSource.TRS_UI)
  sleep(0.5)
  session:maybe_enable_record(false)
  session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
  local begun = os.time()
  while session:transport_sample() < seconds * SAMPLE_RATE do
    if os.time() - begun > seconds * 2 + 20 then fail("the transport does not roll") end
    sleep(0.05)
  end
  session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
  sleep(1.0)
  session:disable_record(false, false)
  sleep(0.5)
  return tracks
end

local function export(track, path)
  for region in track:playlist():region_list():iter() do
    local midi = region:to_midiregion()
    if not midi:isnil() then
      midi:do_export(path)
      return
    end
  end
  fail("no region was recorded")
end

make()
collectgarbage()
close_session()
sleep(0.5)
align_to_capture_time()
if seconds > 0 then
  local session = load_session(folder, NAME)
  if not session then fail("the session does not reopen") end
  for number, track in ipairs(roll(session)) do export(track, out .. "/" .. number .. ".mid") end
  session:save_state("", false, false, false, false, false)
  session = nil
  collectgarbage()
  close_session()
end
quit()
